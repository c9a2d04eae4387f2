//! A table of results into a file: CSV, TSV, JSONL or Parquet by the file's ending.

use crate::io::Format;
use crate::io::IoError;
use crate::io::Output;
use crate::io::Target;
use crate::io::unit_writer::write_json;
use serde_json::Map;
use serde_json::Value;
use std::io::Write as _;

/// One column of a table. Every column of a table has the same number of cells.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name, in `snake_case`.
    pub name: &'static str,
    /// What it holds.
    pub cells: Cells,
}

/// The cells of a column; an absent cell is empty in CSV, `null` elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Text.
    Text(Vec<Option<String>>),
    /// Numbers, written so that reading gives the same number.
    Number(Vec<Option<f64>>),
    /// Counts.
    Count(Vec<Option<u64>>),
}

impl Cells {
    /// Returns how many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Count(cells) => cells.len(),
        }
    }

    /// Returns whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Self::Text(cells) => cells.get(row).cloned().flatten().map_or(Value::Null, Value::from),
            Self::Number(cells) => {
                cells.get(row).copied().flatten().map_or(Value::Null, Value::from)
            }
            Self::Count(cells) => {
                cells.get(row).copied().flatten().map_or(Value::Null, Value::from)
            }
        }
    }
}

/// Writes a table whole or not at all.
///
/// # Errors
///
/// When the target cannot be written or its format is unknown; the file then stays as it was.
pub fn write_table(target: &Target, columns: &[TableColumn]) -> Result<(), IoError> {
    if is_parquet(target) {
        return write_parquet(target, columns);
    }
    let format =
        target.format().map_err(|_| IoError::UnknownTableFormat { path: target.name() })?;
    let mut output = Output::create(target)?;
    let n_rows = columns.first().map_or(0, |column| column.cells.len());
    match format {
        Format::Jsonl => {
            for row in 0..n_rows {
                let cell = |column: &TableColumn| (column.name.to_owned(), column.cells.value(row));
                let object: Map<String, Value> = columns.iter().map(cell).collect();
                write_json(&mut output, &object)?;
            }
        }
        Format::Separated(delimiter) => {
            let text =
                separated(delimiter, columns, n_rows).map_err(|error| output.failed(error))?;
            output.write_all(&text).map_err(|error| output.failed(error))?;
        }
    }
    output.commit()
}

fn is_parquet(target: &Target) -> bool {
    match target {
        Target::Stdout => false,
        Target::File(path) => {
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
        }
    }
}

fn separated(
    delimiter: u8,
    columns: &[TableColumn],
    n_rows: usize,
) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| column.name))?;
    for row in 0..n_rows {
        writer.write_record(columns.iter().map(|column| match column.cells.value(row) {
            Value::String(text) => text,
            Value::Null => String::new(),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                other.to_string()
            }
        }))?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

#[cfg(not(feature = "parquet"))]
fn write_parquet(target: &Target, _: &[TableColumn]) -> Result<(), IoError> {
    Err(IoError::UnknownTableFormat { path: target.name() })
}

#[cfg(feature = "parquet")]
fn write_parquet(target: &Target, columns: &[TableColumn]) -> Result<(), IoError> {
    let mut output = Output::create(target)?;
    let bytes =
        parquet_bytes(columns).map_err(|error| output.failed(std::io::Error::other(error)))?;
    output.write_all(&bytes).map_err(|error| output.failed(error))?;
    output.commit()
}

/// Returns the columns as one row group, each cell with its definition level: 1 where it is there.
#[cfg(feature = "parquet")]
fn parquet_bytes(columns: &[TableColumn]) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    use parquet::basic::Compression;
    use parquet::basic::LogicalType;
    use parquet::basic::Repetition;
    use parquet::basic::Type as Physical;
    use parquet::data_type::ByteArray;
    use parquet::data_type::ByteArrayType;
    use parquet::data_type::DoubleType;
    use parquet::data_type::Int64Type;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::types::Type;
    use std::sync::Arc;

    let field = |column: &TableColumn| {
        let (physical, logical) = match column.cells {
            Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Cells::Number(_) => (Physical::DOUBLE, None),
            Cells::Count(_) => (Physical::INT64, None),
        };
        Type::primitive_type_builder(column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("titer").with_fields(fields).build()?);
    let properties =
        Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    let mut group = writer.next_row_group()?;
    for column in columns {
        let Some(mut target) = group.next_column()? else { break };
        match &column.cells {
            Cells::Text(cells) => {
                let bytes = |cell: &String| ByteArray::from(cell.as_bytes().to_vec());
                let values: Vec<ByteArray> = cells.iter().flatten().map(bytes).collect();
                target.typed::<ByteArrayType>().write_batch(&values, Some(&there(cells)), None)?;
            }
            Cells::Number(cells) => {
                let values: Vec<f64> = cells.iter().flatten().copied().collect();
                target.typed::<DoubleType>().write_batch(&values, Some(&there(cells)), None)?;
            }
            Cells::Count(cells) => {
                let values: Vec<i64> = cells
                    .iter()
                    .flatten()
                    .map(|count| i64::try_from(*count).unwrap_or(i64::MAX))
                    .collect();
                target.typed::<Int64Type>().write_batch(&values, Some(&there(cells)), None)?;
            }
        }
        target.close()?;
    }
    group.close()?;
    writer.into_inner()
}

#[cfg(feature = "parquet")]
fn there<T>(cells: &[Option<T>]) -> Vec<i16> {
    cells.iter().map(|cell| i16::from(cell.is_some())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn columns() -> Vec<TableColumn> {
        vec![
            TableColumn { name: "policy", cells: Cells::Text(vec![Some("a, \"b\"".into()), None]) },
            TableColumn { name: "value", cells: Cells::Number(vec![None, Some(0.1)]) },
            TableColumn { name: "n", cells: Cells::Count(vec![Some(12), Some(0)]) },
        ]
    }

    fn written(name: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write_table(&Target::File(path.clone()), &columns()).unwrap();
        fs::read(path).unwrap()
    }

    #[test]
    fn rows_are_the_same_in_every_text_format() {
        let csv = String::from_utf8(written("t.csv")).unwrap();
        assert_eq!(csv, "policy,value,n\n\"a, \"\"b\"\"\",,12\n,0.1,0\n");
        let jsonl = String::from_utf8(written("t.jsonl")).unwrap();
        assert_eq!(
            jsonl,
            "{\"policy\":\"a, \\\"b\\\"\",\"value\":null,\"n\":12}\n{\"policy\":null,\"value\":0.1,\"n\":0}\n"
        );
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn parquet_gives_back_what_was_written() {
        use parquet::file::reader::FileReader as _;
        use parquet::file::reader::SerializedFileReader;
        let reader = SerializedFileReader::new(bytes::Bytes::from(written("t.parquet"))).unwrap();
        let rows: Vec<String> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(
            rows,
            ["{policy: \"a, \"b\"\", value: null, n: 12}", "{policy: null, value: 0.1, n: 0}"]
        );
    }

    #[test]
    fn an_unknown_ending_is_refused() {
        let error = write_table(&Target::File("t.xls".into()), &columns()).unwrap_err();
        assert!(matches!(error, IoError::UnknownTableFormat { .. }));
    }
}
