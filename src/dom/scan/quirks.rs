//! Quirks mode: whether a page's document type is one of those that old pages carry (section
//! 13.2.6.4.1 of the HTML standard). In it, a table does not end the paragraph it stands in.

/// Public identifiers that begin like this, in lower case, are of old document types.
const PUBLIC_PREFIXES: &[&str] = &[
    "-//advasoft ltd//dtd html 3.0 aswedit + extensions//",
    "-//as//dtd html 3.0 aswedit + extensions//",
    "-//ietf//dtd html 2.0 level 1//",
    "-//ietf//dtd html 2.0 level 2//",
    "-//ietf//dtd html 2.0 strict level 1//",
    "-//ietf//dtd html 2.0 strict level 2//",
    "-//ietf//dtd html 2.0 strict//",
    "-//ietf//dtd html 2.0//",
    "-//ietf//dtd html 2.1e//",
    "-//ietf//dtd html 3.0//",
    "-//ietf//dtd html 3.2 final//",
    "-//ietf//dtd html 3.2//",
    "-//ietf//dtd html 3//",
    "-//ietf//dtd html level 0//",
    "-//ietf//dtd html level 1//",
    "-//ietf//dtd html level 2//",
    "-//ietf//dtd html level 3//",
    "-//ietf//dtd html strict level 0//",
    "-//ietf//dtd html strict level 1//",
    "-//ietf//dtd html strict level 2//",
    "-//ietf//dtd html strict level 3//",
    "-//ietf//dtd html strict//",
    "-//ietf//dtd html//",
    "-//metrius//dtd metrius presentational//",
    "-//microsoft//dtd internet explorer 2.0 html strict//",
    "-//microsoft//dtd internet explorer 2.0 html//",
    "-//microsoft//dtd internet explorer 2.0 tables//",
    "-//microsoft//dtd internet explorer 3.0 html strict//",
    "-//microsoft//dtd internet explorer 3.0 html//",
    "-//microsoft//dtd internet explorer 3.0 tables//",
    "-//netscape comm. corp.//dtd html//",
    "-//netscape comm. corp.//dtd strict html//",
    "-//o'reilly and associates//dtd html 2.0//",
    "-//o'reilly and associates//dtd html extended 1.0//",
    "-//o'reilly and associates//dtd html extended relaxed 1.0//",
    "-//softquad software//dtd hotmetal pro 6.0::19990601::extensions to html 4.0//",
    "-//softquad//dtd hotmetal pro 4.0::19971010::extensions to html 4.0//",
    "-//spyglass//dtd html 2.0 extended//",
    "-//sq//dtd html 2.0 hotmetal + extensions//",
    "-//sun microsystems corp.//dtd hotjava html//",
    "-//sun microsystems corp.//dtd hotjava strict html//",
    "-//w3c//dtd html 3 1995-03-24//",
    "-//w3c//dtd html 3.2 draft//",
    "-//w3c//dtd html 3.2 final//",
    "-//w3c//dtd html 3.2//",
    "-//w3c//dtd html 3.2s draft//",
    "-//w3c//dtd html 4.0 frameset//",
    "-//w3c//dtd html 4.0 transitional//",
    "-//w3c//dtd html experimental 19960712//",
    "-//w3c//dtd html experimental 970421//",
    "-//w3c//dtd w3 html//",
    "-//w3o//dtd w3 html 3.0//",
    "-//webtechs//dtd mozilla html 2.0//",
    "-//webtechs//dtd mozilla html//",
];

const PUBLIC: &[&str] =
    &["-//w3o//dtd w3 html strict 3.0//en//", "-/w3c/dtd html 4.0 transitional/en", "html"];

/// The same, where there is no system identifier.
const PUBLIC_PREFIXES_ALONE: &[&str] =
    &["-//w3c//dtd html 4.01 frameset//", "-//w3c//dtd html 4.01 transitional//"];

const SYSTEM: &str = "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd";

/// Whether a document type puts the page into quirks mode. `source` is what follows the keyword
/// `doctype`, up to and with the `>`.
pub(super) fn is_quirky(source: &str) -> bool {
    let Some(source) = source.strip_suffix('>') else {
        return true;
    };
    let source = source.trim_ascii().to_ascii_lowercase();
    let (name, rest) = source.split_at(source.find(char::is_whitespace).unwrap_or(source.len()));
    if name != "html" {
        return true;
    }
    let rest = rest.trim_ascii();
    if rest.is_empty() {
        return false;
    }
    let identifiers = match (rest.strip_prefix("public"), rest.strip_prefix("system")) {
        (Some(rest), _) => quoted(rest).and_then(|(public, rest)| match rest.trim_ascii() {
            "" => Some((Some(public), None)),
            rest => quoted(rest).map(|(system, _)| (Some(public), Some(system))),
        }),
        (_, Some(rest)) => quoted(rest).map(|(system, _)| (None, Some(system))),
        _ => None,
    };
    let Some((public, system)) = identifiers else {
        return true;
    };
    let starts_like = |prefixes: &[&str]| {
        public.is_some_and(|public| prefixes.iter().any(|prefix| public.starts_with(prefix)))
    };
    public.is_some_and(|public| PUBLIC.contains(&public))
        || system == Some(SYSTEM)
        || starts_like(PUBLIC_PREFIXES)
        || system.is_none() && starts_like(PUBLIC_PREFIXES_ALONE)
}

/// A quoted string, and what follows it.
fn quoted(source: &str) -> Option<(&str, &str)> {
    let source = source.trim_ascii_start();
    let quote = source.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    source[1..].split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_document_types_are_known() {
        assert!(!is_quirky(" html>"));
        assert!(is_quirky(">"));
        assert!(is_quirky(" html"));
        assert!(is_quirky(" HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">"));
        let transitional = " HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\"";
        assert!(is_quirky(&format!("{transitional}>")));
        assert!(!is_quirky(&format!("{transitional} \"http://www.w3.org/TR/html4/loose.dtd\">")));
        assert!(!is_quirky(" html SYSTEM 'about:legacy-compat'>"));
    }
}
