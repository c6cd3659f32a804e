//! Keyword groups: what the words of a short text, or of an element's class, id and role, say
//! about a block's part in the page.
//!
//! A group is one bit of a mask, or one of a list of counts. Patterns are matched without regard
//! to case, those of all groups in one walk over the text. A pattern matches at the start of a word
//! (after a letter it does not: `ad` is not in `read`), and up to the end of a word where it ends
//! in `$`. In class names a capital letter starts a word (`adSlot`).

use std::sync::LazyLock;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use crate::ascii::Sixteen;

/// A set of keyword groups, one bit each.
pub type Mask = u32;

/// Names of groups of keywords, in their order, and the words of each for [`Keywords::new`].
macro_rules! patterns {
    ($(#[$doc:meta])* $vis:vis $names:ident, $patterns:ident, $n:literal, $($name:literal: $words:literal;)*) => {
        $(#[$doc])*
        $vis const $names: [&str; $n] = [$($name),*];
        const $patterns: [&str; $n] = [$($words),*];
    };
}
pub(crate) use patterns;

patterns! {
    /// Names of the groups of [`TEXT`], in the order of their counts.
    pub TEXT_GROUPS, TEXT_PATTERNS, 22,
    "ad": "advertis advertorial ad$ ads$ sponsored promoted anzeige werbung publicidad publicité pubblicità publicidade reklam reklama реклама annons annonse 広告 广告 廣告 광고 إعلان affiliate";
    "related": "related more-on more-from more-like read-also also-read see-also recommended you-may you-might similar further-reading trending most-read most-popular popular latest-news latest top-stories don't-miss lesen-sie mehr-zum mehr-aus das-könnte meistgelesen weitere à-lire lire-aussi le-plus-lu relacionad lea-también te-puede leia-também veja-também mais-lidas leggi-anche correlati lees-ook meer-over læs-også les-også läs-mer czytaj zobacz-też читайте похожие ilgili benzer 関連 相关 相關 推荐 推薦 관련 おすすめ ランキング ذات-صلة اقرأ";
    "comment": "comment comments reply replies leave-a join-the-discussion kommentar kommentare antworten commentaire répondre comentario responder comentários commenti rispondi reacties komentar комментар yorum コメント 评论 評論 留言 댓글 تعليق";
    "share": "share facebook twitter whatsapp linkedin pinterest telegram instagram tiktok youtube follow-us teilen folgen partager compartir compartilhar condividi delen dela поделиться paylaş シェア 分享 공유 شارك e-mail email print copy-link tweet x$";
    "newsletter": "newsletter subscribe subscription sign-up signup get-the-latest inbox abonn suscri assine iscriviti inschrijven prenumerera подпис abone 購読 订阅 訂閱 구독 اشترك donate spenden free-trial unlock unlimited premium membership members-only";
    "consent": "cookie cookies consent gdpr we-use your-privacy accept-all reject-all manage-preferences einwilligung datenschutz zustimm accepter-les ajustes-de privacidad privacy terms-of terms-and conditions";
    "copyright": "copyright © (c) all-rights rights-reserved alle-rechte tous-droits todos-los-derechos todos-os-direitos tutti-i-diritti 版权 版權 著作権 무단 disclaimer impressum imprint license licence";
    "read_more": "read-more continue-reading show-more load-more view-all see-all see-more learn-more view-more find-out-more full-story weiterlesen mehr-lesen mehr-anzeigen alle-anzeigen lire-la-suite voir-plus leer-más ver-más leia-mais saiba-mais ver-todo leggi-tutto mostra lees-meer les-mer läs-mer подробнее devamını 続きを 阅读全文 查看更多 더보기 المزيد";
    "author": "by$ written-by author posted-by about-the-author editor reporter journalist correspondent staff-writer von$ autor autorin redaktion par$ auteur por$ di$ door$ av$ автор yazar 記者 作者 记者 기자 كتب";
    "date": "published updated posted-on last-modified last-updated ago$ today yesterday min-read minutes-ago hours-ago days-ago veröffentlicht aktualisiert stand$ uhr$ publié mis-à-jour publicado actualizado atualizado pubblicato aggiornato gepubliceerd опубликовано 更新 公開 发布 發布 입력 نشر";
    "month": "january february march april may$ june july august september october november december jan$ feb$ mar$ apr$ jun$ jul$ aug$ sep$ sept$ oct$ nov$ dec$ januar februar märz mai$ juni juli oktober dezember janvier février avril juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre января февраля марта апреля мая$ июня июля августа сентября октября ноября декабря";
    "account": "log-in login sign-in register my-account create-account forgot password username anmelden einloggen registrieren connexion se-connecter iniciar-sesión registrarse entrar accedi inloggen logga войти giriş ログイン 登录 登錄 登入 로그인 تسجيل";
    "search": "search suche rechercher buscar pesquisar cerca$ zoeken sök поиск ara$ 検索 搜索 搜尋 검색 بحث";
    "menu": "home menu about-us contact-us contact help faq sitemap careers support startseite kontakt über-uns accueil inicio início quiénes-somos skip-to back-to-top toggle close open-menu toc table-of-contents on-this-page ホーム 首页 首頁 홈 الرئيسية";
    "shop": "add-to-cart cart checkout buy-now price sale in-stock out-of-stock quantity wishlist shipping returns free-shipping warenkorb panier carrito carrinho carrello winkelwagen купить sepet カート 购物车";
    "caption": "photo photograph image picture credit getty reuters afp$ ap$ shutterstock courtesy source: foto bild$ quelle crédit fuente fonte imagen imagem 写真 图片 사진 صورة caption figure fig.";
    "wait": "loading please-wait your-browser javascript enable not-supported captcha required-field this-field page-not-found error 404 try-again play-video video-player";
    "tags": "tags tagged tag: topics categories category filed-under in-this-article themen schlagwörter mots-clés etiquetas categorías kategorie теги метки タグ 标签 태그";
    "pager": "next$ previous prev$ older newer page nächste vorherige zurück suivant précédent siguiente anterior próximo successivo volgende vorige следующая 次へ 前へ 下一 上一 다음 이전";
    "counter": "views likes votes replies followers posts joined members online upvote downvote helpful points location: messages reaction score shares";
    "bio": "is-a is-an has-been he-is she-is graduate covers writes writer based-in joined editor-in editorial founder freelance award-winning our-team team-of our-editors our-mission experience professionals passionate contributor columnist worked-for writes-about reports-on specializ schreibt-über studierte redaktion arbeitet-als volontariat lives-in about-us who-we-are est-journaliste es-periodista licenciado é-jornalista giornalista werkt-als är-reporter автор-и пишет";
    "review": "reviews review stars rating ratings verified out-of-5 customer testimonials bewertung bewertungen avis opiniones avaliações recensioni отзыв yorumlar 評価 评价 후기";
}

/// A compiled set of keyword groups.
pub struct Keywords {
    automaton: NFA,
    /// The automaton's state before a pattern.
    start: StateID,
    /// For each pattern: its group, and how it must stand in its surroundings.
    rules: Vec<Rule>,
    /// How patterns begin.
    starts: Starts,
    /// With which byte patterns begin that also stand inside words.
    unspaced: [bool; 256],
}

struct Rule {
    group: u8,
    starts_word: bool,
    ends_word: bool,
}

/// How patterns begin: a bit for each hash of the first five bytes of some pattern, or of the first
/// three of a shorter one. Of most places this tells that no pattern begins there. Of a byte five
/// bits count, which is all of a letter but its case.
struct Starts {
    five: [u32; 1 << 10],
    three: [u32; 1 << 10],
}

impl Starts {
    fn of(patterns: &[String]) -> Starts {
        let mut starts = Starts { five: [0; 1 << 10], three: [0; 1 << 10] };
        for pattern in patterns.iter().map(|pattern| pattern.as_bytes()) {
            if pattern.len() >= 5 {
                let bit = Starts::five(Sixteen::at(pattern, 0).number() as u64);
                starts.five[bit >> 5] |= 1 << (bit & 31);
                continue;
            }
            // One of two bytes begins like all that go on from it.
            let any = |i: usize| pattern.get(i).map_or(0..32, |byte| *byte..byte + 1);
            for (second, third) in any(1).flat_map(|b| any(2).map(move |c| (b, c))) {
                let bit = Starts::three([pattern[0], second, third]);
                starts.three[bit >> 5] |= 1 << (bit & 31);
            }
        }
        starts
    }

    fn five(eight: u64) -> usize {
        ((eight & 0x1f_1f1f_1f1f).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 49) as usize
    }

    fn three([a, b, c]: [u8; 3]) -> usize {
        let bits = |byte: u8| usize::from(byte & 31);
        bits(a) << 10 | bits(b) << 5 | bits(c)
    }

    /// Whether some pattern may begin where a text begins.
    #[inline]
    fn may(&self, text: &[u8]) -> bool {
        let eight = match text.first_chunk() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => Sixteen::at(text, 0).number() as u64,
        };
        let [a, b, c, ..] = eight.to_le_bytes();
        let (five, three) = (Starts::five(eight), Starts::three([a, b, c]));
        (self.five[five >> 5] >> (five & 31) | self.three[three >> 5] >> (three & 31)) & 1 != 0
    }
}

/// Keywords of short texts, in lower case, in some twenty languages.
pub static TEXT: LazyLock<Keywords> = LazyLock::new(|| Keywords::new(&TEXT_PATTERNS));

impl Keywords {
    /// Compiles groups of patterns separated by spaces. A `-` between letters of a pattern
    /// stands for a space in texts and for itself in class names: both are matched.
    pub(crate) fn new(groups: &[&str]) -> Keywords {
        let mut patterns = Vec::new();
        let mut rules = Vec::new();
        for (group, words) in groups.iter().enumerate() {
            for word in words.split(' ') {
                let pattern = word.strip_suffix('$').unwrap_or(word);
                let spaced = pattern.replace('-', " ");
                for form in [pattern, &spaced].into_iter().take(1 + usize::from(spaced != pattern))
                {
                    rules.push(Rule {
                        group: group as u8,
                        starts_word: form.chars().next().is_some_and(has_word_spaces),
                        ends_word: word.ends_with('$'),
                    });
                    patterns.push(form.to_owned());
                }
            }
        }
        let mut unspaced = [false; 256];
        for (pattern, rule) in patterns.iter().zip(&rules) {
            unspaced[usize::from(pattern.as_bytes()[0])] |= !rule.starts_word;
        }
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(&patterns)
            .expect("the patterns are constants");
        let start = automaton.start_state(Anchored::Yes).expect("every NFA can be anchored");
        Keywords { automaton, start, rules, starts: Starts::of(&patterns), unspaced }
    }

    /// The groups of which some pattern stands in the text.
    pub fn find(&self, text: &str) -> Mask {
        let mut mask = 0;
        self.groups(text, |group| mask |= 1 << group);
        mask
    }

    /// How often patterns of each of the first `N` groups stand in the text.
    pub fn count<const N: usize>(&self, text: &str) -> [u8; N] {
        let mut counts = [0u8; N];
        self.groups(text, |group| {
            if let Some(count) = counts.get_mut(usize::from(group)) {
                *count = count.saturating_add(1);
            }
        });
        counts
    }

    /// Calls `found` with the group of each pattern that stands in the text.
    fn groups(&self, text: &str, mut found: impl FnMut(u8)) {
        let bytes = text.as_bytes();
        // Of the byte before: whether it is part of a letter, and whether it is a lower-case one.
        let (mut letter_before, mut lower_before) = (0, 0);
        for start in (0..bytes.len()).step_by(Sixteen::LEN) {
            let sixteen = Sixteen::at(bytes, start);
            let (ascii, not_ascii) = (sixteen.letters().bits(), sixteen.not_ascii().bits());
            let capitals = sixteen.between(b'A', b'Z').bits();
            let (letters, lower) = (ascii | not_ascii, ascii & !capitals);
            // As `is_inside` has it, but of longer characters each is a place.
            let inside =
                ascii & (letters << 1 | letter_before) & !(capitals & (lower << 1 | lower_before));
            // All patterns begin with one of these.
            let shown = letters | sixteen.digits().bits() | sixteen.equal(b'(').bits();
            let mut places = shown & !inside;
            (letter_before, lower_before) = (letters >> 15 & 1, lower >> 15 & 1);
            while places != 0 {
                let at = start + places.trailing_zeros() as usize;
                if self.starts.may(&bytes[at..]) {
                    self.groups_at(bytes, at, &mut found);
                }
                places &= places - 1;
            }
        }
    }

    /// Calls `found` with the group of each pattern that starts at one place.
    fn groups_at(&self, bytes: &[u8], at: usize, found: &mut impl FnMut(u8)) {
        let starts_word = !is_inside(bytes, at);
        if !starts_word && !self.unspaced[usize::from(bytes[at])] {
            return;
        }
        let mut state = self.start;
        for (end, byte) in (at + 1..).zip(&bytes[at..]) {
            state = self.automaton.next_state(Anchored::Yes, state, *byte);
            if !self.automaton.is_special(state) {
                continue;
            }
            if self.automaton.is_dead(state) {
                return;
            }
            for i in 0..self.automaton.match_len(state) {
                let pattern = self.automaton.match_pattern(state, i);
                let rule = &self.rules[pattern.as_usize()];
                // The state tells also of shorter patterns that end here.
                if self.automaton.pattern_len(pattern) == end - at
                    && (starts_word || !rule.starts_word)
                    && !(rule.ends_word && is_inside(bytes, end))
                {
                    found(rule.group);
                }
            }
        }
    }
}

/// Whether a place lies between two letters of a word.
fn is_inside(bytes: &[u8], at: usize) -> bool {
    match (at.checked_sub(1).map(|before| bytes[before]), bytes.get(at)) {
        (Some(before), Some(after)) => {
            is_letter(before)
                && is_letter(*after)
                && !(after.is_ascii_uppercase() && before.is_ascii_lowercase())
        }
        _ => false,
    }
}

/// Part of a letter: ASCII letters and every byte of a longer character.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// Whether the character's script separates words by spaces.
fn has_word_spaces(c: char) -> bool {
    c.is_alphabetic() && !super::text::is_cjk(c) && !('\u{ac00}'..='\u{d7a3}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_stand_at_word_starts() {
        let keywords = Keywords::new(&["ad$ promo", "comment"]);
        let find = |text: &str| keywords.find(text);
        assert_eq!(find("td-ad-slot"), 1);
        assert_eq!(find("stickyAdWrapper promoted"), 1);
        assert_eq!(find("already-loaded shadow"), 0);
        assert_eq!(find("latest-comments, an ad"), 3);
    }

    #[test]
    fn every_pattern_is_found() {
        for (group, words) in TEXT_PATTERNS.iter().enumerate() {
            for word in words.split(' ').map(|word| word.trim_end_matches('$')) {
                let texts = [word, &word.replace('-', " "), &format!("— {word}, at any rate")];
                assert!(texts.iter().all(|text| TEXT.find(text) >> group & 1 != 0), "{word}");
            }
        }
    }

    #[test]
    fn text_keywords_speak_many_languages() {
        let related = 1 << TEXT_GROUPS.iter().position(|g| *g == "related").unwrap();
        for text in
            ["read also: the bridge", "das könnte sie interessieren", "関連記事", "lire aussi"]
        {
            assert!(TEXT.find(text) & related != 0, "{text}");
        }
        assert_eq!(TEXT.find("the tide came in over the unrelated flats") & related, 0);
    }
}
