"""The rule book: a policy in plain sentences, and the difference of two versions as tracked changes."""

from postloan_rules.analysis.book.changes_page import Changes, changes_between, changes_to_html
from postloan_rules.analysis.book.document import Book
from postloan_rules.analysis.book.page import to_html
from postloan_rules.analysis.book.writing import book_of, load_book

__all__ = ["Book", "Changes", "book_of", "changes_between", "changes_to_html", "load_book", "to_html"]
