//! What a page may ask of the memory: limits of the user's choice, and the error of a page beyond
//! them. (How many bytes a page may have is checked where it is read, by [`crate::source`].)

use super::Document;

/// What a page may use.
///
/// A page takes a few times its own size, and some 2.5 KB for each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Deepest nesting; browsers have 512 as well. What is nested deeper is laid flat, also as in
    /// browsers: an element below the limit becomes the next sibling of the element that it stands
    /// in. No text is lost. Searches among the open elements end after as many, so that no tag
    /// takes longer however deep the page.
    pub max_depth: u16,
    /// Most blocks. None for 10,000, and one more for every hundred bytes of the page. (Of the
    /// pages of WCXB's development split none has more than 2,641, and one block in 134 bytes.)
    /// Elements and texts, from which blocks are made, may be eight times as many.
    pub max_blocks: Option<usize>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_depth: 512, max_blocks: None }
    }
}

impl Limits {
    /// Most bytes of a page: offsets into its text have 32 bits.
    pub(super) const MAX_BYTES: usize = 1 << 30;
    /// Elements and texts for each block.
    const NODES: usize = 8;

    /// Most blocks of a page of so many bytes.
    pub fn blocks(&self, bytes: usize) -> usize {
        self.max_blocks.unwrap_or(10_000 + bytes / 100)
    }

    /// Most nodes of a page of so many bytes. (One tag may still add a few.)
    pub fn nodes(&self, bytes: usize) -> usize {
        self.blocks(bytes).saturating_mul(Self::NODES).min(1 << 31)
    }

    /// Whether a page is small enough to be parsed.
    pub(super) fn check_bytes(&self, bytes: usize) -> Result<(), TooLarge> {
        match bytes > Self::MAX_BYTES {
            true => Err(TooLarge::Bytes { limit: Self::MAX_BYTES }),
            false => Ok(()),
        }
    }

    /// Whether the document of a page of so many bytes is all of it.
    pub(super) fn check_nodes(&self, document: &Document, bytes: usize) -> Result<(), TooLarge> {
        match document.is_complete() {
            true => Ok(()),
            false => Err(TooLarge::Nodes { limit: self.nodes(bytes) }),
        }
    }

    /// Whether a page of so many bytes may have these blocks.
    pub(crate) fn check_blocks(&self, blocks: usize, bytes: usize) -> Result<(), TooLarge> {
        let limit = self.blocks(bytes);
        match blocks > limit {
            true => Err(TooLarge::Blocks { limit }),
            false => Ok(()),
        }
    }

    /// How far up the stack of open elements searches go.
    pub(super) fn reach(self) -> usize {
        self.max_depth as usize
    }
}

/// A page beyond its [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// Its blocks.
    #[error("more blocks than the limit of {limit}")]
    Blocks {
        /// [`Limits::blocks`].
        limit: usize,
    },
    /// Its elements and texts.
    #[error("more elements and texts than the limit of {limit}, eight for each block allowed")]
    Nodes {
        /// [`Limits::nodes`].
        limit: usize,
    },
    /// Its text.
    #[error("larger than the {limit} bytes that can be parsed")]
    Bytes {
        /// In bytes of UTF-8.
        limit: usize,
    },
}
