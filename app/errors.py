"""The one tree of errors that a user may meet.

::

    AppError                    anything we can explain; the page shows `str(error)`
    ├── ConfigurationError      settings that are unsafe or do not fit together; refused at start
    ├── CatalogueError          a file below data/ is wrong
    ├── AccessDenied            the member may not do this
    │   └── SignedOut           nobody is signed in, or not any more
    ├── LimitReached            as much is there, or under way, as one organization may have
    ├── NotFound                the thing is gone, or never was this member's
    ├── FileError               something about an uploaded file; names file, column, row, remedy
    │   ├── FileRefused         the file cannot be opened safely, or is not a table
    │   ├── ColumnError         a column does not hold what it is mapped to
    │   └── AnswerNeeded        a question about the file is still open
    ├── NotComputable           a result cannot be had from what is loaded (see also `Absent`)
    └── ExportError             a chart or a file could not be made

Everything else is a defect: the error handler shows a reference number and the log has the traceback.
"""

from __future__ import annotations


class AppError(Exception):
    """Base of every error with words for the user.

    Parameters
    ----------
    message
        What is wrong, in one plain sentence.
    remedy
        What to do about it, in one plain sentence, or "" when nothing can be done.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class ConfigurationError(AppError):
    """Settings that are unsafe or do not fit together."""


class CatalogueError(AppError):
    """A versioned data file of the project (benchmarks, export formats) is wrong."""


class AccessDenied(AppError):
    """The member's role does not allow this."""


class SignedOut(AccessDenied):
    """Nobody is signed in, or the sign-in is over."""


class LimitReached(AppError):
    """As much is there, or under way, as one organization may have; the message says how much, and the remedy how to go on."""


class NotFound(AppError):
    """The thing asked for does not exist in this organization."""


class Stopped(AppError):
    """The work was stopped by the one who asked for it, or taken over by another process; nothing is wrong."""


class FileError(AppError):
    """Something about an uploaded file.

    Parameters
    ----------
    file, column, row
        Where: the file's name, the column's heading, the line or sheet row counted from 1.
        None where it does not apply; what is known is put in front of the message.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        file: str | None = None,
        column: str | None = None,
        row: int | None = None,
    ) -> None:
        self.file = file
        self.column = column
        self.row = row
        where = ", ".join(
            part
            for part in (
                file,
                None if column is None else f"column “{column}”",
                None if row is None else f"row {row:,}",
            )
            if part
        )
        super().__init__(f"{where}: {message}" if where else message, remedy)


class FileRefused(FileError):
    """The file cannot be opened safely, or holds no table."""


class ColumnError(FileError):
    """A column does not hold what it is mapped to."""


class AnswerNeeded(FileError):
    """A question about the file is still open, so nothing is imported."""


class NotComputable(AppError):
    """A result cannot be had from what is loaded; the remedy says what is missing."""


class ExportError(AppError):
    """A chart or a file could not be made."""
