//! Output that appears whole or not at all.

use crate::io::IoError;
use crate::io::Target;
use std::fs::File;
use std::io::BufWriter;
use std::io::Stdout;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// A file being written under a temporary name, or a stream.
///
/// Dropped without [`Output::commit`] it leaves nothing behind and what stood there before unchanged.
#[derive(Debug)]
pub struct Output {
    name: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Stdout(BufWriter<Stdout>),
    Temporary {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
    /// A pipe or device, which must not be replaced by a file.
    Direct(BufWriter<File>),
}

impl Output {
    /// Opens a target for writing.
    ///
    /// # Errors
    ///
    /// [`IoError::Write`] when no file can be made there.
    pub fn create(target: &Target) -> Result<Self, IoError> {
        let name = target.name();
        let place = match target {
            Target::Stdout => Place::Stdout(BufWriter::new(std::io::stdout())),
            Target::File(path) => {
                place(path).map_err(|source| IoError::Write { path: name.clone(), source })?
            }
        };
        Ok(Self { name, place })
    }

    /// Makes what was written durable and gives it its name.
    ///
    /// # Errors
    ///
    /// [`IoError::Write`], or [`IoError::BrokenPipe`] when the stream was closed.
    pub fn commit(self) -> Result<(), IoError> {
        let Self { name, place } = self;
        commit(place).map_err(|source| IoError::writing(&name, source))
    }

    /// Returns the name errors use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds the name of the target to a failure to write.
    pub(super) fn failed(&self, source: std::io::Error) -> IoError {
        IoError::writing(&self.name, source)
    }
}

fn place(path: &Path) -> std::io::Result<Place> {
    let path = if path.exists() { path.canonicalize()? } else { path.to_owned() };
    if path.exists() && !path.is_file() {
        let file = File::options().write(true).open(&path)?;
        return Ok(Place::Direct(BufWriter::new(file)));
    }
    let folder = folder(&path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".titer-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = BufWriter::with_capacity(1 << 16, builder.tempfile_in(folder)?);
    Ok(Place::Temporary { file, path })
}

fn commit(place: Place) -> std::io::Result<()> {
    match place {
        Place::Stdout(mut stream) => stream.flush(),
        Place::Direct(mut file) => file.flush(),
        Place::Temporary { file, path } => {
            let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            #[cfg(unix)]
            File::open(folder(&path))?.sync_all()?;
            Ok(())
        }
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.place {
            Place::Stdout(stream) => stream.write(bytes),
            Place::Temporary { file, .. } => file.write(bytes),
            Place::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.place {
            Place::Stdout(stream) => stream.flush(),
            Place::Temporary { file, .. } => file.flush(),
            Place::Direct(file) => file.flush(),
        }
    }
}
