//! What stands between a text's paragraphs in elements that tell nothing: only its words say that it
//! is no part of it.

use dehusk::extract::{Extractor, Options};
use dehusk::source::Kind;

/// A language, a headline, paragraphs, and what stands between them.
type Page = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const PAGES: [Page; 10] = [
    (
        "de",
        "Hafen von Emden bleibt bis Montag gesperrt",
        &[
            "Der Hafen von Emden bleibt nach dem Sturm der vergangenen Nacht bis mindestens Montag gesperrt, wie die Verwaltung am Freitag mitteilte.",
            "Mehrere Schiffe warten vor der Mündung, darunter zwei Autofrachter, die eigentlich am Donnerstag hätten einlaufen sollen.",
            "„Wir müssen erst die Fahrrinne vermessen“, sagte Hafenkapitän Jens Meyer, „vorher lassen wir niemanden hinein.“",
            "Die Reederei rechnet mit Kosten von rund zwei Millionen Euro und prüft, ob sie die Ladung über Bremerhaven umleiten kann.",
        ],
        &[
            "Empfohlener redaktioneller Inhalt",
            "An dieser Stelle finden Sie einen externen Inhalt von Twitter, der den Artikel ergänzt. Sie können ihn sich mit einem Klick anzeigen lassen.",
            "Ich bin damit einverstanden, dass mir externe Inhalte angezeigt werden. Damit können personenbezogene Daten an Drittplattformen übermittelt werden.",
            "Anzeige",
            "Lesen Sie auch: So hart traf der Sturm die Inseln",
            "Jetzt unseren Newsletter abonnieren und keine Nachricht mehr verpassen",
            "Artikel anhören 4 Min.",
            "Zur Merkliste hinzufügen",
            "Dieser Inhalt wird von YouTube bereitgestellt. Zum Laden ist Ihre Einwilligung erforderlich.",
        ],
    ),
    (
        "fr",
        "Le port de Lorient reste fermé jusqu'à lundi",
        &[
            "Le port de Lorient restera fermé au moins jusqu'à lundi après la tempête de la nuit dernière, a annoncé vendredi la capitainerie.",
            "Plusieurs navires attendent au large, dont deux cargos qui devaient accoster jeudi.",
            "« Il faut d'abord sonder le chenal », a expliqué le capitaine Yann Le Gall, « avant cela personne n'entrera ».",
            "L'armateur estime le coût à près de deux millions d'euros et envisage de dérouter la cargaison vers Saint-Nazaire.",
        ],
        &[
            "Ce contenu est bloqué car vous n'avez pas accepté les cookies.",
            "Pour afficher ce contenu Twitter, vous devez accepter les cookies Réseaux Sociaux.",
            "Publicité",
            "La suite après cette publicité",
            "À lire aussi : la tempête a frappé les îles",
            "Recevez chaque matin l'essentiel de l'actualité dans votre boîte mail",
            "Temps de lecture : 4 min",
            "Partager sur Facebook",
            "Article réservé aux abonnés",
        ],
    ),
    (
        "en",
        "Port of Emden closed until Monday",
        &[
            "The port of Emden will stay closed until at least Monday after last night's storm, the authority said on Friday.",
            "Several ships are waiting off the estuary, among them two car carriers that should have docked on Thursday.",
            "“We have to survey the channel first,” harbour master Jens Meyer said, “and until then nobody comes in.”",
            "The line expects costs of about two million euros and is looking at whether the cargo can go through Bremerhaven.",
        ],
        &[
            "Allow Twitter content? This article contains content provided by Twitter. We ask for your permission before anything is loaded, as they may be using cookies.",
            "To view this content, click 'Accept and continue'.",
            "Advertisement",
            "Continue reading below",
            "Read more: How hard the storm hit the islands",
            "Sign up for our morning newsletter and never miss a story",
            "Listen to this article 4 min",
            "Save this article for later",
            "Subscribe to read the full story",
            "Follow us on Instagram",
        ],
    ),
    (
        "es",
        "El puerto de Gijón seguirá cerrado hasta el lunes",
        &[
            "El puerto de Gijón seguirá cerrado al menos hasta el lunes tras el temporal de la pasada noche, informó el viernes la autoridad.",
            "Varios barcos esperan frente a la bocana, entre ellos dos cargueros que debían atracar el jueves.",
            "«Primero hay que medir el canal», dijo el capitán Jesús Prieto, «y hasta entonces no entra nadie».",
            "La naviera calcula un coste de unos dos millones de euros y estudia desviar la carga por Avilés.",
        ],
        &[
            "Este contenido está alojado en YouTube y requiere que acepte las cookies para verlo.",
            "Publicidad",
            "Te puede interesar: así golpeó el temporal a las islas",
            "Suscríbete a nuestra newsletter y recibe las noticias cada mañana",
            "Escuchar artículo 4 min",
            "Guardar artículo",
            "Contenido exclusivo para suscriptores",
        ],
    ),
    (
        "it",
        "Il porto di Livorno resta chiuso fino a lunedì",
        &[
            "Il porto di Livorno resterà chiuso almeno fino a lunedì dopo la mareggiata della notte scorsa, ha annunciato venerdì l'autorità.",
            "Diverse navi attendono al largo, tra cui due cargo che dovevano attraccare giovedì.",
            "«Prima dobbiamo misurare il canale», ha detto il comandante Luca Neri, «e fino ad allora non entra nessuno».",
            "L'armatore stima un costo di circa due milioni di euro e valuta se deviare il carico su La Spezia.",
        ],
        &[
            "Per visualizzare questo contenuto è necessario accettare i cookie di marketing.",
            "Pubblicità",
            "Leggi anche: così la mareggiata ha colpito le isole",
            "Iscriviti alla newsletter per ricevere le notizie ogni mattina",
            "Ascolta l'articolo 4 min",
            "Contenuto riservato agli abbonati",
        ],
    ),
    (
        "nl",
        "Haven van Delfzijl blijft tot maandag dicht",
        &[
            "De haven van Delfzijl blijft na de storm van afgelopen nacht zeker tot maandag dicht, zei de havendienst vrijdag.",
            "Verscheidene schepen wachten voor de monding, waaronder twee autoschepen die donderdag hadden moeten aanmeren.",
            "“We moeten eerst de geul opmeten”, zei havenmeester Jan Bakker, “tot die tijd komt er niemand binnen.”",
            "De rederij rekent op zo'n twee miljoen euro aan kosten en kijkt of de lading via Eemshaven kan.",
        ],
        &[
            "Deze inhoud kan niet worden getoond omdat u de cookies niet heeft geaccepteerd.",
            "Advertentie",
            "Lees ook: zo hard raakte de storm de eilanden",
            "Schrijf je in voor onze nieuwsbrief en mis niets",
            "Luister naar dit artikel 4 min",
            "Bewaar artikel",
        ],
    ),
    (
        "pl",
        "Port w Ustce zamknięty do poniedziałku",
        &[
            "Port w Ustce pozostanie zamknięty co najmniej do poniedziałku po sztormie, który przeszedł minionej nocy, podał w piątek kapitanat.",
            "Na redzie czeka kilka statków, w tym dwa promy, które miały zawinąć w czwartek.",
            "„Najpierw musimy zmierzyć tor wodny”, powiedział kapitan Marek Nowak, „do tego czasu nikt nie wejdzie”.",
            "Armator szacuje koszty na około dwa miliony złotych i rozważa skierowanie ładunku do Gdyni.",
        ],
        &[
            "Aby zobaczyć tę treść, musisz zaakceptować pliki cookie.",
            "Reklama",
            "Czytaj też: tak sztorm uderzył w wyspy",
            "Zapisz się do newslettera i bądź na bieżąco",
            "Dalsza część artykułu pod reklamą",
            "Udostępnij na Facebooku",
        ],
    ),
    (
        "pt",
        "Porto de Viana fica fechado até segunda-feira",
        &[
            "O porto de Viana ficará fechado pelo menos até segunda-feira depois do temporal da noite passada, informou na sexta-feira a capitania.",
            "Vários navios esperam ao largo, entre eles dois cargueiros que deviam atracar na quinta-feira.",
            "“Primeiro temos de medir o canal”, disse o capitão Rui Lopes, “e até lá ninguém entra.”",
            "O armador calcula um custo de cerca de dois milhões de euros e estuda desviar a carga para Leixões.",
        ],
        &[
            "Para ver este conteúdo, tem de aceitar os cookies de terceiros.",
            "Publicidade",
            "Leia também: como o temporal atingiu as ilhas",
            "Subscreva a nossa newsletter e receba as notícias todas as manhãs",
            "Continua depois da publicidade",
            "Exclusivo para assinantes",
        ],
    ),
    (
        "sv",
        "Hamnen i Visby stängd till måndag",
        &[
            "Hamnen i Visby hålls stängd åtminstone till måndag efter nattens storm, meddelade hamnkontoret på fredagen.",
            "Flera fartyg väntar utanför, bland dem två bilfärjor som skulle ha lagt till i torsdags.",
            "”Vi måste först loda farleden”, säger hamnkapten Lars Ek, ”och till dess kommer ingen in.”",
            "Rederiet räknar med kostnader på omkring två miljoner kronor och ser över om lasten kan gå via Oskarshamn.",
        ],
        &[
            "För att se innehållet måste du godkänna kakor från tredje part.",
            "Annons",
            "Läs också: Så hårt slog stormen mot öarna",
            "Prenumerera på vårt nyhetsbrev och missa ingenting",
            "Artikeln fortsätter efter annonsen",
            "Dela på Facebook",
        ],
    ),
    (
        "ru",
        "Порт Кеми закрыт до понедельника",
        &[
            "Порт Кеми останется закрытым по меньшей мере до понедельника после шторма минувшей ночи, сообщила в пятницу администрация.",
            "Несколько судов ждут на рейде, среди них два парома, которые должны были прийти в четверг.",
            "«Сначала нужно промерить фарватер, — сказал капитан порта Иван Крылов, — а до тех пор никто не войдёт».",
            "Судовладелец оценивает расходы примерно в два миллиона рублей и думает отправить груз через Беломорск.",
        ],
        &[
            "Чтобы увидеть это содержимое, примите файлы cookie.",
            "Реклама",
            "Читайте также: как шторм ударил по островам",
            "Подпишитесь на нашу рассылку и не пропускайте новости",
            "Продолжение после рекламы",
            "Поделиться в Telegram",
        ],
    ),
];

/// A page whose paragraphs are elements of these two names by turns, and what stands between them of
/// another.
fn page(
    (lang, headline, paragraphs, between): Page,
    paragraph_tags: [&str; 2],
    tag: &str,
) -> String {
    let each = between.len().div_ceil(paragraphs.len());
    let mut body = String::new();
    for (i, paragraph) in paragraphs.iter().enumerate() {
        let name = paragraph_tags[i % 2];
        body += &format!("<{name}>{paragraph}</{name}>");
        for text in between.iter().skip(i * each).take(each) {
            body += &format!("<{tag}>{text}</{tag}>");
        }
    }
    format!(
        "<!doctype html><html lang={lang}><title>{headline}</title><body>
        <header><ul><li><a href=/>Home</a></li><li><a href=/sport>Sport</a></li></ul></header>
        <main><div class=main><h1>{headline}</h1><div class=text>{body}</div></div></main>
        <footer><p>© 2024</p></footer>"
    )
}

fn text(page: &str) -> String {
    let options = Options::default();
    Extractor::default().extract("page", None, Kind::Html, page, &options).unwrap().text
}

#[test]
fn words_tell_what_is_no_part_of_the_text() {
    for (paragraph, tag, most) in [("p", "div", 55), ("div", "div", 60)] {
        let mut kept: Vec<&str> = Vec::new();
        for of in PAGES {
            let text = text(&page(of, [paragraph; 2], tag));
            for paragraph in of.2 {
                assert!(text.contains(paragraph), "{}: {paragraph}", of.0);
            }
            kept.extend(of.3.iter().filter(|between| text.lines().any(|line| line == **between)));
        }
        println!("<{paragraph}>, <{tag}>: {} of 71 lines kept", kept.len());
        // Before phrases were planted into the pages that the model learns from it kept them all.
        assert!(kept.len() <= most, "{kept:#?}");
    }
}

#[test]
fn what_looks_odd_is_part_of_the_text_all_the_same() {
    for (lang, headline, paragraphs, _) in PAGES {
        let text = text(&page((lang, headline, paragraphs, &[]), ["p", "div"], ""));
        for paragraph in paragraphs {
            assert!(text.contains(paragraph), "{lang}: {paragraph}");
        }
    }
}
