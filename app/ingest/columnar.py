"""A Parquet file as a `RawTable`: every column as text, so that the same steps follow as for any other file."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.ingest.model import Answers, FileFacts
from app.ingest.raw import RawTable
from app.ingest.table_head import headings

_REMEDY = "Export the table as CSV or as an Excel workbook (.xlsx)."


def open_parquet(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    """The table of a Parquet file; columns of lists and records are left out and named.

    Raises
    ------
    FileRefused
        When the file is damaged, too large, or has no column of plain values.
    """
    del answers  # Nothing of how it is opened can be otherwise.
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        rows, schema = file.metadata.num_rows, file.schema_arrow
        if rows > limits.rows or len(schema) > limits.columns:
            raise FileRefused(
                f"The file has {rows:,} rows and {len(schema)} columns; at most {limits.rows:,} and {limits.columns} are read.",
                "Export a shorter period or fewer columns.",
                file=name,
            )
        unpacked = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if unpacked > 4 * limits.unpacked_bytes:
            raise FileRefused("The file unpacks to far more than its size, so it is not opened.", _REMEDY, file=name)
        kept = [position for position, field in enumerate(schema) if not pa.types.is_nested(field.type)]
        left_out = [schema.field(position).name for position in range(len(schema)) if position not in kept]
        if len(set(schema.names)) != len(schema.names):
            table = file.read().select(kept)
        else:
            table = file.read(columns=[schema.field(position).name for position in kept])
        columns = [_text(table.column(i)) for i in range(table.num_columns)]
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FileRefused("The Parquet file is damaged and cannot be read.", _REMEDY, file=name) from error
    if not columns or not rows:
        raise FileRefused("The file has no rows of data.", "Export it again with its rows; nothing was imported.", file=name)
    names = [table.schema.field(i).name for i in range(table.num_columns)]
    facts = FileFacts(
        name=name,
        sha256="",
        size=0,
        kind="parquet",
        encoding=None,
        delimiter=None,
        sheet=None,
        sheets=(),
        head_line=0,
        lines=rows,
        rows=rows,
        columns=len(columns),
        apart=(),
    )
    return RawTable(
        facts=facts,
        headings=headings(names, len(names)),
        cells=pa.table({f"c{i}": column for i, column in enumerate(columns)}),
        lines=pa.array(range(1, rows + 1), pa.int64()),
        number_columns=frozenset(i for i, field in enumerate(table.schema) if _is_number(field.type)),
        date_columns=frozenset(i for i, field in enumerate(table.schema) if pa.types.is_temporal(field.type)),
        notes=(f"Left out, because a cell holds a list or a record: {', '.join(left_out)}.",) if left_out else (),
        data_lines=rows,
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.cast(kind.value_type))
    if pa.types.is_boolean(kind):
        return pc.fill_null(pc.if_else(column, "TRUE", "FALSE"), "")
    if pa.types.is_timestamp(kind) and kind.tz is None:
        midnight = pc.all(pc.equal(column, pc.floor_temporal(column, unit="day"))).as_py()
        shown = column.cast(pa.date32()) if midnight else column.cast(pa.timestamp("us"), safe=False)
        return pc.fill_null(shown.cast(pa.string()), "")
    if pa.types.is_timestamp(kind):
        shown = pc.strftime(column.cast(pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ")
        return pc.fill_null(shown, "")
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.is_finite(column), pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15)))
        plain = pc.if_else(whole, pc.if_else(whole, column, 0).cast(pa.int64(), safe=False).cast(pa.string()), column.cast(pa.string()))
        return pc.fill_null(pc.if_else(pc.is_nan(column), "", plain), "")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pc.fill_null(column.cast(pa.binary()).cast(pa.string()), "")
    return pc.fill_null(column.cast(pa.string()), "")
