//! The part of `binary-install` that wasm-pack calls, without downloads: nothing is ever in this cache.

use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Cache {
    pub destination: PathBuf,
}

impl Cache {
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self::at(&std::env::temp_dir().join(name)))
    }

    pub fn at(path: &Path) -> Self {
        Self { destination: path.to_path_buf() }
    }

    pub fn join(&self, path: &Path) -> PathBuf {
        self.destination.join(path)
    }

    pub fn download(&self, _: bool, _: &str, _: &[&str], _: &str) -> Result<Option<Download>> {
        Ok(None)
    }
}

/// A directory with tools in it.
#[derive(Clone, Debug)]
pub struct Download {
    root: PathBuf,
}

impl Download {
    pub fn at(path: &Path) -> Self {
        Self { root: path.to_path_buf() }
    }

    pub fn binary(&self, name: &str) -> Result<PathBuf> {
        let file = self.root.join(name).with_extension(std::env::consts::EXE_EXTENSION);
        ensure!(file.is_file(), "{} is missing", file.display());
        Ok(file)
    }
}
