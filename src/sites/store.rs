//! The sites of a crawl on disk: an embedded key-value store ([`redb`]) from host to [`Site`].
//!
//! A [`Builder`] takes prints in any order and holds some megabytes of them at a time; what it
//! [`write`](Builder::write)s depends on nothing but the prints, so that the same pages give the same bytes.
//! [`Sites`] is a store that is whole and checked.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::hash::Hasher;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use fnv::FnvHasher;
use redb::backends::FileBackend;
use redb::{
    Database, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition,
};

use super::{Others, Print, Site};

const SITES: TableDefinition<&str, &[u8]> = TableDefinition::new("sites");
/// What the store says of itself: [`VERSION`], and the digest.
const ABOUT: TableDefinition<&str, &str> = TableDefinition::new("about");
/// Of what is written, and of how pages are fingerprinted.
const VERSION: &str = "dehusk sites 1";
/// Bytes of prints that a builder holds before it writes them.
const PENDING: usize = 64 << 20;
/// Bytes of the file that are held.
const CACHE: usize = 64 << 20;
/// Sites that stay decoded, each at most some 1.2 MB: a host's pages often follow one another.
const RECENT: usize = 8;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system failed.
    #[error(transparent)]
    Io(io::Error),
    /// The file is none of an embedded store, or damaged, or in use.
    #[error("no store of sites, or a broken one: {0}")]
    Store(Box<redb::Error>),
    /// It is a store, but not one of sites as this version makes them.
    #[error(
        "a store of another kind or version ({found}), and this dehusk reads {VERSION:?}: make it anew with `dehusk sites`"
    )]
    Version {
        /// What it says it is.
        found: String,
    },
    /// What it holds is not what was written.
    #[error("a broken store of sites: {0}")]
    Broken(String),
}

impl<E: Into<redb::Error>> From<E> for Error {
    fn from(error: E) -> Error {
        match error.into() {
            // A file that is no store is told as invalid data.
            redb::Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => {
                Error::Io(error)
            }
            other => Error::Store(Box::new(other)),
        }
    }
}

/// Gathers the prints of a crawl.
pub struct Builder {
    directory: PathBuf,
    spool: Database,
    pending: BTreeMap<String, Vec<Print>>,
    bytes: usize,
}

impl Builder {
    /// With a file in this directory for what does not fit in memory. It has no name, so nothing is left of it
    /// whatever ends the process.
    ///
    /// # Errors
    /// If no file can be made there.
    pub fn new(directory: &Path) -> Result<Builder, Error> {
        let spool = create(tempfile::tempfile_in(directory)?)?;
        let directory = directory.to_owned();
        Ok(Builder { directory, spool, pending: BTreeMap::new(), bytes: 0 })
    }

    /// Adds a page.
    ///
    /// # Errors
    /// If what is held cannot be written.
    pub fn add(&mut self, host: String, print: Print) -> Result<(), Error> {
        self.bytes += host.len() + mem::size_of::<Print>();
        self.bytes += mem::size_of::<u32>() * (print.blocks.len() + print.sketch.len());
        self.pending.entry(host).or_default().push(print);
        if self.bytes >= PENDING { self.flush() } else { Ok(()) }
    }

    /// Adds the pages of a store.
    ///
    /// # Errors
    /// If it cannot be read, or what is held cannot be written.
    pub fn merge(&mut self, sites: &Sites) -> Result<(), Error> {
        for row in sites.table.iter()? {
            let (host, site) = row?;
            for print in decode(site.value())?.prints() {
                self.add(host.value().to_owned(), print)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        let transaction = self.spool.begin_write()?;
        {
            let mut table = transaction.open_table(SITES)?;
            for (host, mut prints) in mem::take(&mut self.pending) {
                if let Some(before) = table.get(host.as_str())? {
                    prints.extend(decode(before.value())?.prints());
                }
                table.insert(host.as_str(), encode(&Site::of(prints))?.as_slice())?;
            }
        }
        transaction.commit()?;
        self.bytes = 0;
        Ok(())
    }

    /// Writes the store to a file, which must be empty.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(mut self, file: File) -> Result<Sites, Error> {
        self.flush()?;
        let database = create(file)?;
        let transaction = database.begin_write()?;
        let rows = self.spool.begin_read()?.open_table(SITES)?;
        let mut digest = Digest::default();
        {
            let mut table = transaction.open_table(SITES)?;
            for row in rows.iter()? {
                let (host, site) = row?;
                digest.add(host.value(), site.value());
                table.insert(host.value(), site.value())?;
            }
            let mut about = transaction.open_table(ABOUT)?;
            about.insert("version", VERSION)?;
            about.insert("digest", digest.value().as_str())?;
        }
        transaction.commit()?;
        Sites::checked(Box::new(database))
    }

    /// The store, in a file that has no name and goes with it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> Result<Sites, Error> {
        let file = tempfile::tempfile_in(&self.directory)?;
        self.write(file)
    }
}

fn create(file: File) -> Result<Database, Error> {
    Ok(Database::builder().set_cache_size(CACHE).create_with_backend(FileBackend::new(file)?)?)
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sites").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// A store of sites.
pub struct Sites {
    table: ReadOnlyTable<&'static str, &'static [u8]>,
    digest: String,
    pages: u64,
    /// The sites that were asked for last, the latest at the end.
    recent: Mutex<Vec<(String, Arc<Site>)>>,
    /// Kept open for the table.
    _database: Box<dyn Send + Sync>,
}

impl Sites {
    /// Opens a store and checks that it is what was written. All of it is read for that.
    ///
    /// # Errors
    /// If it cannot be read, is no store of sites, is of another version, or is broken.
    pub fn open(path: &Path) -> Result<Sites, Error> {
        let file = File::open(path)?;
        // The store trusts its files, and panics over some of those that are not its own.
        let open = || {
            let mut builder = Database::builder();
            let backend = FileBackend::new(file)?;
            let database = builder.set_cache_size(CACHE).open_read_only_with_backend(backend)?;
            Sites::checked(Box::new(database))
        };
        let opened = catch_unwind(AssertUnwindSafe(open));
        opened.unwrap_or_else(|_| Err(Error::Broken("its pages do not hang together".to_owned())))
    }

    fn checked<D: ReadableDatabase + Send + Sync + 'static>(
        database: Box<D>,
    ) -> Result<Sites, Error> {
        let transaction = database.begin_read()?;
        let about = transaction.open_table(ABOUT)?;
        let read = |key| -> Result<String, Error> {
            Ok(about.get(key)?.map(|value| value.value().to_owned()).unwrap_or_default())
        };
        let (version, digest) = (read("version")?, read("digest")?);
        if version != VERSION {
            return Err(Error::Version { found: version });
        }
        let table = transaction.open_table(SITES)?;
        let (mut found, mut pages) = (Digest::default(), 0);
        for row in table.iter()? {
            let (host, site) = row?;
            found.add(host.value(), site.value());
            pages += decode(site.value())?.pages.len() as u64;
        }
        if found.value() != digest {
            return Err(Error::Broken("it is not what its digest says".to_owned()));
        }
        Ok(Sites { table, digest, pages, recent: Mutex::default(), _database: database })
    }

    /// A hash of all that it holds, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many hosts it knows.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn hosts(&self) -> Result<u64, Error> {
        Ok(self.table.len()?)
    }

    /// How many pages it knows.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The pages of a host.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn site(&self, host: &str) -> Result<Option<Site>, Error> {
        self.table.get(host)?.map(|site| decode(site.value())).transpose()
    }

    /// The pages of a host beside this one.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn others(&self, host: &str, print: &Print) -> Result<Option<Others>, Error> {
        Ok(self.recent(host)?.map(|site| site.others(print)))
    }

    /// As [`site`](Sites::site), not decoded again if it was asked for lately.
    fn recent(&self, host: &str) -> Result<Option<Arc<Site>>, Error> {
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = recent();
        if let Some(place) = known.iter().position(|(known, _)| known == host) {
            known[place..].rotate_left(1);
            return Ok(known.last().map(|(_, site)| site.clone()));
        }
        drop(known);
        let Some(site) = self.site(host)?.map(Arc::new) else { return Ok(None) };
        let mut known = recent();
        // Another thread may have been as fast.
        known.retain(|(known, _)| known != host);
        known.push((host.to_owned(), site.clone()));
        if known.len() > RECENT {
            known.remove(0);
        }
        Ok(Some(site))
    }
}

/// A hash of rows in their order.
#[derive(Default)]
struct Digest(FnvHasher);

impl Digest {
    fn add(&mut self, host: &str, site: &[u8]) {
        for part in [host.as_bytes(), site] {
            self.0.write(&(part.len() as u64).to_le_bytes());
            self.0.write(part);
        }
    }

    fn value(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

fn encode(site: &Site) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(site).map_err(|error| Error::Broken(error.to_string()))
}

fn decode(bytes: &[u8]) -> Result<Site, Error> {
    match postcard::from_bytes::<Site>(bytes) {
        Ok(site) if site.check() => Ok(site),
        Ok(_) => Err(Error::Broken("a site whose pages do not hang together".to_owned())),
        Err(error) => Err(Error::Broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::{TempDir, tempdir};

    use super::super::tests::page;
    use super::*;

    /// A store of these pages, added in this order, and its bytes.
    fn store(pages: impl IntoIterator<Item = u64>) -> (TempDir, PathBuf, Vec<u8>) {
        let directory = tempdir().unwrap();
        let path = directory.path().join("sites.db");
        let mut builder = Builder::new(directory.path()).unwrap();
        for (i, address) in pages.into_iter().enumerate() {
            builder.add(format!("host{}", address % 7), page(address, "Home")).unwrap();
            if i % 10 == 9 {
                builder.flush().unwrap();
            }
        }
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        drop(builder.write(file.unwrap()).unwrap());
        let bytes = fs::read(&path).unwrap();
        (directory, path, bytes)
    }

    #[test]
    fn the_same_pages_give_the_same_bytes_in_any_order_and_parts() {
        let (_whole, _, expected) = store(0..100);
        assert!(store((0..100).rev()).2 == expected, "another order");
        let (_one, one, _) = store((0..100).step_by(2));
        let (_two, two, _) = store((0..70).chain(50..100));
        let directory = tempdir().unwrap();
        let mut builder = Builder::new(directory.path()).unwrap();
        for part in [two, one] {
            builder.merge(&Sites::open(&part).unwrap()).unwrap();
        }
        let merged = builder.finish().unwrap();
        assert_eq!((merged.hosts().unwrap(), merged.pages()), (7, 100));
        let (_whole, whole, _) = store(0..100);
        assert_eq!(merged.digest(), Sites::open(&whole).unwrap().digest());
    }

    #[test]
    fn a_host_is_the_same_however_many_others_were_asked_for_before() {
        let directory = tempdir().unwrap();
        let mut builder = Builder::new(directory.path()).unwrap();
        let hosts = RECENT as u64 + 3;
        for host in 0..hosts {
            for address in 0..=host {
                builder.add(format!("host{host}"), page(address, "Home")).unwrap();
            }
        }
        let sites = builder.finish().unwrap();
        let of = |host: u64| {
            let others = sites.others(&format!("host{host}"), &page(0, "Home")).unwrap();
            others.map(|others| others.len() as u64)
        };
        for host in (0..hosts).chain((0..hosts).rev()).chain([4, 4, 9, 4, 0, 4]) {
            assert_eq!(of(host), Some(host));
        }
        assert_eq!(of(hosts), None);
    }

    #[test]
    fn a_broken_store_is_an_error_and_never_another_one() {
        let (_directory, path, bytes) = store(0..30);
        let digest = Sites::open(&path).unwrap().digest().to_owned();
        let mut refused = 0;
        for at in (0..bytes.len()).step_by(bytes.len() / 400) {
            let mut broken = bytes.clone();
            broken[at] ^= 0x55;
            fs::write(&path, broken).unwrap();
            match Sites::open(&path) {
                // What no row needs may be anything.
                Ok(sites) => assert_eq!(sites.digest(), digest, "byte {at}"),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 10, "{refused}");
        for end in [0, 1, 5000, bytes.len() / 2] {
            fs::write(&path, &bytes[..end]).unwrap();
            Sites::open(&path).unwrap_err();
        }
        fs::write(&path, "<html>").unwrap();
        let error = Sites::open(&path).unwrap_err().to_string();
        assert!(error.starts_with("no store of sites"), "{error}");
    }
}
