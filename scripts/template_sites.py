#!/usr/bin/env python3
"""Makes sites whose pages share a template, with gold texts, to measure site evidence on.

    scripts/template_sites.py DIR [SEED]

DIR becomes a labelled directory (html/, ground-truth/). Five layouts in five languages, with 1, 3 or 12
pages a site. Class names say nothing, and much of what repeats reads like content: a notice, a
pitch, an author's biography and teasers stand as paragraphs where the text stands. Not all
boilerplate repeats (teasers are drawn from the site's other pages, advertisements from a pool), and
some content does: one page in four ends with a note that others have too, and one site in three has
a page a second time at another address. All words are made up here.
"""

import json
import random
import sys
from pathlib import Path

LANGUAGES = {
    "en": {
        "who": ["The harbour master", "A retired baker", "The village choir", "Our neighbour Imogen", "The ferry crew", "A young surveyor", "The old mill", "The council", "A group of pupils", "The lighthouse keeper"],
        "did": ["has repaired", "will paint", "found", "forgot", "wants to sell", "carried home", "measured", "described", "moved", "never understood"],
        "what": ["the broken clock", "three wooden boats", "a crate of winter apples", "the long report on tides", "the gate behind the church", "a map of the lower fields", "the second bridge", "an unsigned letter", "the copper kettle", "the rails of the tramway"],
        "when": ["before the rain came", "on the last day of April", "while the others slept", "against all advice", "for less than was agreed", "after a long winter", "with the help of two strangers", "in front of a silent crowd"],
        "join": ["{0} {1} {2} {3}.", "It is said that {4} {1} {2} {3}.", "{5}, {4} {1} {2}."],
        "menu": ["Home", "News", "Sport", "Weather", "Markets", "Letters", "Archive", "About us", "Contact"],
        "notice": "We and our partners store information on your device to show you this site as you like it. You can change your mind at any time in the settings, and you will find all details in our declaration.",
        "pitch": "Did you enjoy this page? {site} is written by people who live here and is paid for by its readers. For the price of a cup of coffee a month you help us to go on, and you get our letter every Friday at noon.",
        "about": "{site} was founded in a back room above the chandlery and has appeared ever since without a break. Its editors answer every letter, even the rude ones, and correct their mistakes in the open.",
        "bio": "{author} has written for {site} for many years and lives with two dogs by the canal. Before that, {author} sold maps, taught geography and repaired typewriters.",
        "ad": ["Is your roof ready for the winter? Our craftsmen come to look at it without charge and without obligation, in all parts of the county.", "Thousands have changed to the slow bank already. Open an account in eight minutes and get a watering can as a present.", "Sleep as you did when you were a child: the mattress of the year, now with a trial of a hundred nights.", "Learn to sail in a fortnight, in small groups and with patient teachers. The first lesson is on us."],
        "note": "As always, the figures are preliminary and may be revised when the final returns have been counted at the end of the quarter.",
        "related": "More from this section",
        "legal": "All rights reserved. No part of this may be copied without permission in writing.",
    },
    "de": {
        "who": ["Der Hafenmeister", "Eine pensionierte Bäckerin", "Der Dorfchor", "Unsere Nachbarin Wiebke", "Die Besatzung der Fähre", "Ein junger Landvermesser", "Die alte Mühle", "Der Gemeinderat", "Eine Schulklasse", "Der Leuchtturmwärter"],
        "did": ["repariert", "bemalt", "findet", "vergisst", "verkauft", "trägt", "vermisst", "beschreibt", "verschiebt", "bewundert"],
        "what": ["die stehengebliebene Uhr", "drei Holzboote", "eine Kiste Winteräpfel", "den langen Bericht über die Gezeiten", "das Tor hinter der Kirche", "eine Karte der unteren Felder", "die zweite Brücke", "einen Brief ohne Unterschrift", "den Kupferkessel", "die Gleise der Straßenbahn"],
        "when": ["noch vor dem Regen", "am letzten Tag im April", "während die anderen schlafen", "gegen jeden Rat", "für weniger als vereinbart", "nach einem langen Winter", "mit Hilfe zweier Fremder", "vor schweigendem Publikum"],
        "join": ["{0} {1} {2} {3}.", "Man erzählt sich: {0} {1} {2}, und zwar {3}.", "Heute nun: {0} {1} {2}."],
        "menu": ["Start", "Nachrichten", "Sport", "Wetter", "Börse", "Leserbriefe", "Archiv", "Über uns", "Kontakt"],
        "notice": "Wir und unsere Partner speichern Angaben auf Ihrem Gerät, um diese Seite nach Ihren Wünschen zu zeigen. Sie können Ihre Entscheidung jederzeit in den Einstellungen ändern; alles Nähere steht in unserer Erklärung.",
        "pitch": "Hat Ihnen diese Seite gefallen? {site} wird von Leuten gemacht, die hier leben, und von den Lesern bezahlt. Für den Preis einer Tasse Kaffee im Monat helfen Sie uns weiter und bekommen jeden Freitag unseren Brief.",
        "about": "{site} wurde in einem Hinterzimmer über dem Laden des Segelmachers gegründet und erscheint seither ohne Pause. Die Redaktion beantwortet jeden Brief, auch die groben, und berichtigt ihre Fehler offen.",
        "bio": "{author} schreibt seit vielen Jahren für {site} und lebt mit zwei Hunden am Kanal. Davor hat {author} Landkarten verkauft, Erdkunde unterrichtet und Schreibmaschinen repariert.",
        "ad": ["Ist Ihr Dach bereit für den Winter? Unsere Handwerker sehen es sich kostenlos und unverbindlich an, im ganzen Landkreis.", "Tausende sind schon zur langsamen Bank gewechselt. Konto in acht Minuten eröffnen und eine Gießkanne geschenkt bekommen.", "Schlafen wie als Kind: die Matratze des Jahres, jetzt hundert Nächte auf Probe.", "Segeln lernen in vierzehn Tagen, in kleinen Gruppen und mit geduldigen Lehrern. Die erste Stunde schenken wir Ihnen."],
        "note": "Wie immer sind die Zahlen vorläufig und können sich ändern, wenn am Ende des Quartals alle Meldungen ausgezählt sind.",
        "related": "Mehr aus dieser Rubrik",
        "legal": "Alle Rechte vorbehalten. Nachdruck, auch in Auszügen, nur mit schriftlicher Erlaubnis.",
    },
    "fr": {
        "who": ["Le capitaine du port", "Une boulangère à la retraite", "La chorale du village", "Notre voisine Solène", "L'équipage du bac", "Un jeune géomètre", "Le vieux moulin", "Le conseil", "Une classe d'élèves", "Le gardien du phare"],
        "did": ["répare", "repeint", "retrouve", "oublie", "vend", "emporte", "mesure", "décrit", "déplace", "admire"],
        "what": ["l'horloge arrêtée", "trois barques en bois", "un cageot de pommes d'hiver", "le long rapport sur les marées", "le portail derrière l'église", "une carte des champs du bas", "le deuxième pont", "une lettre sans signature", "la bouilloire en cuivre", "les rails du tramway"],
        "when": ["avant la pluie", "le dernier jour d'avril", "pendant que les autres dorment", "contre tous les conseils", "pour moins que prévu", "après un long hiver", "avec l'aide de deux inconnus", "devant une foule muette"],
        "join": ["{0} {1} {2} {3}.", "On raconte ceci : {0} {1} {2} {3}.", "Cette fois, {0} {1} {2}."],
        "menu": ["Accueil", "Actualités", "Sport", "Météo", "Bourse", "Courrier", "Archives", "Qui sommes-nous", "Contact"],
        "notice": "Nos partenaires et nous conservons des informations sur votre appareil pour afficher ce site selon vos souhaits. Vous pouvez changer d'avis à tout moment dans les réglages ; le détail figure dans notre déclaration.",
        "pitch": "Cette page vous a plu ? {site} est écrit par des gens d'ici et payé par ses lecteurs. Pour le prix d'un café par mois, vous nous aidez à continuer et vous recevez notre lettre chaque vendredi à midi.",
        "about": "{site} est né dans une arrière-boutique au-dessus de la voilerie et paraît depuis sans interruption. Sa rédaction répond à chaque lettre, même aux moins polies, et corrige ses erreurs au grand jour.",
        "bio": "{author} écrit pour {site} depuis de longues années et vit avec deux chiens au bord du canal. Auparavant, {author} vendait des cartes, enseignait la géographie et réparait des machines à écrire.",
        "ad": ["Votre toit est-il prêt pour l'hiver ? Nos artisans viennent le voir gratuitement et sans engagement, dans tout le canton.", "Des milliers de clients ont déjà choisi la banque lente. Ouvrez un compte en huit minutes et recevez un arrosoir.", "Dormez comme un enfant : le matelas de l'année, maintenant cent nuits à l'essai.", "Apprenez la voile en quinze jours, en petits groupes et avec des maîtres patients. La première leçon est offerte."],
        "note": "Comme toujours, les chiffres sont provisoires et pourront être révisés lorsque tous les relevés du trimestre auront été comptés.",
        "related": "Dans la même rubrique",
        "legal": "Tous droits réservés. Reproduction interdite sans autorisation écrite.",
    },
    "es": {
        "who": ["El capitán del puerto", "Una panadera jubilada", "El coro del pueblo", "Nuestra vecina Inés", "La tripulación del transbordador", "Un joven agrimensor", "El viejo molino", "El concejo", "Un grupo de alumnos", "El farero"],
        "did": ["repara", "pinta", "encuentra", "olvida", "vende", "se lleva", "mide", "describe", "traslada", "admira"],
        "what": ["el reloj parado", "tres barcas de madera", "una caja de manzanas de invierno", "el largo informe sobre las mareas", "la verja detrás de la iglesia", "un mapa de los campos bajos", "el segundo puente", "una carta sin firma", "la tetera de cobre", "los raíles del tranvía"],
        "when": ["antes de la lluvia", "el último día de abril", "mientras los demás duermen", "contra todos los consejos", "por menos de lo acordado", "tras un largo invierno", "con la ayuda de dos desconocidos", "ante un público en silencio"],
        "join": ["{0} {1} {2} {3}.", "Se cuenta lo siguiente: {0} {1} {2} {3}.", "Esta vez, {0} {1} {2}."],
        "menu": ["Portada", "Noticias", "Deportes", "El tiempo", "Bolsa", "Cartas", "Hemeroteca", "Quiénes somos", "Contacto"],
        "notice": "Nosotros y nuestros socios guardamos datos en su aparato para mostrar este sitio a su gusto. Puede cambiar de opinión en cualquier momento en los ajustes; los detalles están en nuestra declaración.",
        "pitch": "¿Le ha gustado esta página? {site} lo escribe gente que vive aquí y lo pagan sus lectores. Por el precio de un café al mes nos ayuda a seguir, y recibe nuestra carta cada viernes a mediodía.",
        "about": "{site} nació en una trastienda encima de la velería y desde entonces se publica sin pausa. La redacción contesta a todas las cartas, también a las groseras, y corrige sus errores a la vista de todos.",
        "bio": "{author} escribe para {site} desde hace muchos años y vive con dos perros junto al canal. Antes, {author} vendía mapas, daba clases de geografía y arreglaba máquinas de escribir.",
        "ad": ["¿Está su tejado listo para el invierno? Nuestros artesanos lo miran gratis y sin compromiso, en toda la comarca.", "Miles de clientes ya se han pasado al banco lento. Abra una cuenta en ocho minutos y llévese una regadera.", "Duerma como de niño: el colchón del año, ahora con cien noches de prueba.", "Aprenda a navegar en quince días, en grupos pequeños y con maestros pacientes. La primera clase es gratis."],
        "note": "Como siempre, las cifras son provisionales y podrán revisarse cuando se hayan contado todos los partes del trimestre.",
        "related": "Más en esta sección",
        "legal": "Todos los derechos reservados. Prohibida la reproducción sin permiso por escrito.",
    },
    "ja": {
        "who": ["港の責任者は", "引退したパン屋は", "村の合唱団は", "隣の家の人は", "渡し船の船員は", "若い測量士は", "古い水車の持ち主は", "町議会は", "生徒たちは", "灯台守は"],
        "did": ["修理した。", "塗り直した。", "見つけた。", "忘れていた。", "売ることにした。", "持ち帰った。", "測った。", "書き記した。", "移した。", "眺めていた。"],
        "what": ["止まった時計を", "三艘の木の舟を", "冬のりんごの箱を", "潮についての長い報告書を", "教会の裏の門を", "低い畑の地図を", "二つ目の橋を", "署名のない手紙を", "銅のやかんを", "路面電車の線路を"],
        "when": ["雨が降る前に", "四月の最後の日に", "ほかの人が眠っている間に", "皆の忠告に逆らって", "約束より安い値段で", "長い冬の後で", "見知らぬ二人に助けられて", "静かな人々の前で"],
        "join": ["{0}{3}{2}{1}", "聞くところによると、{0}{3}{2}{1}", "その年も{0}{2}{1}"],
        "menu": ["ホーム", "ニュース", "スポーツ", "天気", "市場", "投書", "記事一覧", "私たちについて", "お問い合わせ"],
        "notice": "当サイトと提携先は、ご希望に合わせて表示するために、お使いの端末に情報を保存します。設定はいつでも変更できます。詳しくは私たちの説明をご覧ください。",
        "pitch": "このページはいかがでしたか。{site}はこの町に住む人が書き、読者が支えています。月にコーヒー一杯分のご支援で続けることができ、毎週金曜日の正午に便りをお届けします。",
        "about": "{site}は船具店の二階の奥の部屋で始まり、それから休まずに続いています。編集部はすべての手紙に返事を書き、間違いは隠さずに訂正します。",
        "bio": "{author}は長年{site}に書いており、二匹の犬と運河のそばで暮らしている。以前は地図を売り、地理を教え、タイプライターを直していた。",
        "ad": ["冬を前に屋根は大丈夫ですか。職人が無料で見に伺います。ご契約の義務はありません。", "もう何千人もの方がゆっくり銀行に替えました。八分で口座を開くと、じょうろを差し上げます。", "子どものころのような眠りを。今年一番の寝具を百日間お試しください。", "二週間で帆船に乗れるようになります。少人数で、先生はとても親切です。初回は無料です。"],
        "note": "いつものとおり、数字は速報であり、四半期の終わりにすべての報告がまとまった後で改められることがあります。",
        "related": "この欄のほかの記事",
        "legal": "無断転載を禁じます。転載には書面による許可が必要です。",
    },
}
NAMES = ["Mara Holt", "Jonas Reet", "Ilse Quandt", "Pim Arden", "Tove Lindal", "Rafa Ochoa"]
SITES = ["Slack Water", "Quay Row", "Sandle Point", "Kittiwake", "Wexcombe Post", "The Lower Field"]


def sentence(rng, words):
    who, did, what, when = (rng.choice(words[key]) for key in ("who", "did", "what", "when"))
    lower = who[0].lower() + who[1:]
    return rng.choice(words["join"]).format(who, did, what, when, lower, when[0].upper() + when[1:])


def paragraph(rng, words, sentences):
    gap = "" if words is LANGUAGES["ja"] else " "
    return gap.join(sentence(rng, words) for _ in range(sentences))


class Site:
    """A template, and the pages that fill it."""

    def __init__(self, rng, number, language, layout, pages):
        self.rng, self.words, self.language, self.layout = rng, LANGUAGES[language], language, layout
        self.name = rng.choice(SITES)
        self.host = f"{layout}-{number}.example"
        self.authors = rng.sample(NAMES, 3)
        # Class names as a bundler makes them.
        self.classes = ["c" + "".join(rng.choices("abcdefghkmnpqrstuvwxyz0123456789", k=6)) for _ in range(12)]
        self.heads = [sentence(rng, self.words).rstrip(".。") for _ in range(pages)]
        self.bodies = [self.body() for _ in range(pages)]
        self.fixed = {key: self.words[key].format(site=self.name) for key in ("notice", "pitch", "about", "legal")}

    def body(self):
        rng = self.rng
        paragraphs = [paragraph(rng, self.words, rng.randint(2, 5)) for _ in range(rng.randint(2, 9))]
        if rng.random() < 0.25:
            paragraphs.append(self.words["note"])
        return paragraphs

    def page(self, number):
        rng, c, words = self.rng, self.classes, self.words
        head, body = self.heads[number], self.bodies[number]
        others = [i for i in range(len(self.heads)) if i != number]
        shown = rng.sample(others, min(4, len(others)))
        if len(shown) < 3:  # teasers of pages that are not part of the crawl
            shown += [None] * 3
        div = lambda i, inner: f'<div class="{c[i]}">{inner}</div>'
        p = lambda text: f"<p>{text}</p>"
        teaser = lambda i: (
            (self.heads[i], self.bodies[i][0])
            if i is not None
            else (sentence(rng, words), paragraph(rng, words, 2))
        )
        cards = "".join(
            div(4, f'<a href="/{i}">{title}</a>' + p(summary[: rng.randint(60, 160)] + " …"))
            for i, (title, summary) in ((i, teaser(i)) for i in shown)
        )
        menu = div(1, "".join(f'<a href="/{i}">{item}</a> ' for i, item in enumerate(words["menu"])))
        bio = div(5, p(words["bio"].format(author=rng.choice(self.authors), site=self.name)))
        ad = div(6, p(rng.choice(words["ad"])))
        related = div(7, f"<h3>{words['related']}</h3>{cards}")
        text = [p(one) for one in body]
        middle = rng.randrange(1, len(text) + 1)
        pitch, about, notice = (div(i, p(self.fixed[key])) for i, key in ((8, "pitch"), (9, "about"), (10, "notice")))
        legal = div(11, p(self.fixed["legal"]))
        h1 = f"<h1>{head}</h1>"
        if self.layout == "news":  # an advertisement and the pitch inside the text
            main = h1 + "".join(text[:middle]) + ad + "".join(text[middle:]) + p(self.fixed["pitch"]) + bio + related
            around = (menu, notice + about + legal)
        elif self.layout == "blog":  # everything is a paragraph of one column
            main = p(self.fixed["notice"]) + h1 + "".join(text) + p(words["bio"].format(author=self.authors[0], site=self.name)) + p(self.fixed["pitch"]) + p(self.fixed["about"])
            around = (menu, related + legal)
        elif self.layout == "shop":  # a short text among long terms
            main = h1 + div(3, "".join(text[:2])) + div(9, p(self.fixed["about"]) + p(self.fixed["pitch"]) + p(words["ad"][0]))
            body = body[:2]
            around = (menu, related + notice + legal)
        elif self.layout == "table":  # a page of tables
            rows = "".join(f"<tr><td>{one}</td></tr>" for one in body)
            main = f"<table><tr><td>{h1}</td></tr>{rows}<tr><td>{self.fixed['about']}</td></tr><tr><td>{self.fixed['notice']}</td></tr></table>"
            around = (f"<table><tr><td>{menu}</td></tr></table>", ad + legal)
        else:  # docs: the notice first, the pitch last
            main = notice + h1 + "".join(text) + about + pitch
            around = (menu, legal)
        top, bottom = around
        html = (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>{head} – {self.name}</title></head>'
            f'<body>{div(0, top)}<div class="{c[2]}">{main}</div>{bottom}</body></html>'
        )
        return html, head, body


def main():
    directory = Path(sys.argv[1])
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for name in ("html", "ground-truth"):
        (directory / name).mkdir(parents=True)
    number = 0
    for language in LANGUAGES:
        for layout in ("news", "blog", "shop", "table", "docs"):
            for pages in (1, 3, 12):
                site = Site(rng, number, language, layout, pages)
                copies = [0] if number % 3 == 0 and pages > 1 else []
                for serial, page in enumerate([*range(pages), *copies]):
                    html, title, body = site.page(page)
                    gold = {
                        "url": f"https://www.{site.host}/{serial}",
                        "ground_truth": {"title": title, "main_content": "\n\n".join(body)},
                    }
                    stem = f"{number:03}-{serial:02}"
                    (directory / "html" / f"{stem}.html").write_text(html)
                    (directory / "ground-truth" / f"{stem}.json").write_text(json.dumps(gold))
                number += 1


if __name__ == "__main__":
    main()
