"""Customers' events as they happen: patterns over time, found on durable-rules and confirmed by the evaluator."""
