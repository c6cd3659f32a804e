//! What a block is: the ten labels, sets of them, and the profiles that say which labels a reader
//! keeps.
//!
//! A label judges what a block is *for a reader of this page*, not its tag or class names. A block
//! that mixes kinds takes the one most of its text is; a heading belongs to the block it heads.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The label of one block. `label as usize` is its column in every per-label array; the order is
/// fixed, because model files store it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Label {
    /// The headline of the page's main item. Repeats of it outside the content are [`Label::Nav`];
    /// section headings are [`Label::Body`].
    Title,
    /// The main content: paragraphs, standfirst, section headings, lists, tables, code, quotations,
    /// product descriptions, forum posts and answers, the entries of a page whose purpose is the
    /// list.
    Body,
    /// Who and when: authors, dates, agency, reading time, the section label at the headline, a
    /// forum poster's line.
    Byline,
    /// Caption, credit or alt-like text of an image, video or chart inside the content.
    Caption,
    /// A reader's comment on the item with its author, time and reply lines; a customer's product
    /// review.
    Comment,
    /// About the author or the publication: author box, self-description, forum signature.
    Bio,
    /// A pointer to other content: related or most-read items, cards, inline "read also", and their
    /// heading.
    Teaser,
    /// Advertising and self-promotion: ads, sponsored items, newsletter, subscription and donation
    /// appeals, paywall messages.
    Ad,
    /// Site chrome and controls: menus, breadcrumbs, pagination, tags, search, share buttons, form
    /// parts, counters; also text that scripts leave behind and that is meant for nobody.
    Nav,
    /// Cookie and consent notices, copyright lines, terms, privacy and licence notices,
    /// disclaimers.
    Legal,
}

impl Label {
    /// Number of labels.
    pub const COUNT: usize = 10;

    /// Every label, in column order.
    pub const ALL: [Label; Label::COUNT] = [
        Label::Title,
        Label::Body,
        Label::Byline,
        Label::Caption,
        Label::Comment,
        Label::Bio,
        Label::Teaser,
        Label::Ad,
        Label::Nav,
        Label::Legal,
    ];

    /// The name used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::Title => "title",
            Label::Body => "body",
            Label::Byline => "byline",
            Label::Caption => "caption",
            Label::Comment => "comment",
            Label::Bio => "bio",
            Label::Teaser => "teaser",
            Label::Ad => "ad",
            Label::Nav => "nav",
            Label::Legal => "legal",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is none of the ten labels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown label {0:?}: expected one of {all}", all = LabelSet::ALL)]
pub struct UnknownLabel(pub String);

impl FromStr for Label {
    type Err = UnknownLabel;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Label::ALL
            .into_iter()
            .find(|label| label.as_str() == name)
            .ok_or_else(|| UnknownLabel(name.to_owned()))
    }
}

/// A set of labels, one bit each. Parses from and displays as a comma-separated list
/// (`title,body`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSet(u16);

impl LabelSet {
    /// The set of all labels.
    pub const ALL: LabelSet = LabelSet((1 << Label::COUNT) - 1);

    /// Adds a label.
    pub fn insert(&mut self, label: Label) {
        self.0 |= 1 << label as u16;
    }

    /// Whether the label is in the set.
    pub fn contains(self, label: Label) -> bool {
        self.0 & (1 << label as u16) != 0
    }

    /// The labels in the set, in column order.
    pub fn iter(self) -> impl Iterator<Item = Label> {
        Label::ALL.into_iter().filter(move |&label| self.contains(label))
    }
}

impl FromIterator<Label> for LabelSet {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        let mut set = LabelSet::default();
        labels.into_iter().for_each(|label| set.insert(label));
        set
    }
}

impl fmt::Display for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, label) in self.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{label}")?;
        }
        Ok(())
    }
}

impl FromStr for LabelSet {
    type Err = UnknownLabel;

    /// Reads a comma-separated list; spaces around names are allowed, an empty name is an error.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        list.split(',').map(|name| name.trim().parse()).collect()
    }
}

/// A named choice of labels to keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The body alone: the convention of the public extraction benchmarks.
    #[default]
    Article,
    /// What a reader sees as the article: title, body and captions.
    Page,
    /// A thread: title, body, comments, and who wrote them.
    Discussion,
    /// Every block.
    All,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 4] =
        [Profile::Article, Profile::Page, Profile::Discussion, Profile::All];

    /// The name used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Article => "article",
            Profile::Page => "page",
            Profile::Discussion => "discussion",
            Profile::All => "all",
        }
    }

    /// The labels this profile keeps.
    pub fn keep(self) -> LabelSet {
        match self {
            Profile::Article => [Label::Body].into_iter().collect(),
            Profile::Page => [Label::Title, Label::Body, Label::Caption].into_iter().collect(),
            Profile::Discussion => {
                [Label::Title, Label::Body, Label::Comment, Label::Byline].into_iter().collect()
            }
            Profile::All => LabelSet::ALL,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown profile {0:?}: expected one of article,page,discussion,all")]
pub struct UnknownProfile(pub String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Profile::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
            .ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_names_and_serde_agree() {
        for (column, label) in Label::ALL.into_iter().enumerate() {
            assert_eq!(label as usize, column);
            assert_eq!(label.as_str().parse(), Ok(label));
            assert_eq!(serde_json::to_string(&label).unwrap(), format!("\"{label}\""));
        }
    }

    #[test]
    fn keep_lists_parse_and_a_wrong_name_is_told_the_right_ones() {
        let set: LabelSet = "body, title".parse().unwrap();
        assert_eq!(set.to_string(), "title,body");
        let error = "body,headline".parse::<LabelSet>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown label \"headline\": expected one of title,body,byline,caption,comment,bio,teaser,ad,nav,legal"
        );
    }

    #[test]
    fn profiles_keep_what_they_promise() {
        let kept = Profile::ALL.map(|profile| profile.keep().to_string());
        assert_eq!(kept[..3], ["body", "title,body,caption", "title,body,byline,comment"]);
        assert_eq!(Profile::All.keep().iter().count(), Label::COUNT);
    }
}
