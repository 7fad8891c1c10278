# Sätze für Menschen, die ein wenig besorgt sind. Kein Fachjargon. Jede Meldung gibt es in beiden Sprachen, mit
# denselben Angaben; ein Test vergleicht sie.

language-other = English
help-line = Fernhilfe
test-relay = Zum Testen: { $relay }

damaged-title = Dieses Programm ist beschädigt
damaged-text = Diese Datei ist nicht so, wie Ihre Einrichtung sie gemacht hat, vielleicht weil sie nicht ganz heruntergeladen wurde. Zur Sicherheit tut sie nichts. Löschen Sie sie und laden Sie sie von der Seite Ihrer Einrichtung neu herunter. Bleibt es so, sagen Sie es der Einrichtung.
damaged-reason = Für die Einrichtung: { $reason }

permission-view = Bildschirm sehen
permission-control = Maus und Tastatur benutzen
permission-clipboard-to-host = Etwas in die Zwischenablage legen
permission-clipboard-to-viewer = Die Zwischenablage lesen
permission-files-to-host = Eine Datei auf diesen Computer senden
permission-files-to-viewer = Eine Datei von diesem Computer holen
permission-system-information = Angaben über diesen Computer lesen
permission-recording = Die Sitzung aufzeichnen

terms-title = Bevor es losgeht
terms-accept = Ich stimme zu
terms-link = Bedingungen und Datenschutz
terms-back = Zurück

waiting-title = Lesen Sie diese beiden Nummern am Telefon vor
waiting-title-used-up = Ein neuer Code ist nötig
waiting-id = Ihre ID
waiting-code = Kanalcode
waiting-code-left = neuer Code in { $time }
waiting-code-in-use = wird gerade benutzt
copy-id = ID kopieren
copy-code = Kanalcode kopieren
new-code = Neuer Code
code-used-up = Drei Codes sind durch falsche Versuche verloren gegangen. Wenn Sie gerade mit der Beratung telefonieren, klicken Sie auf „Neuer Code“ und lesen ihn vor.
status-connecting = Verbindung wird aufgebaut …
status-ready = Bereit. Niemand kann Ihren Bildschirm sehen.
status-knocks = Jemand meldet sich gerade an. Noch kann niemand Ihren Bildschirm sehen.
try-again = Erneut versuchen
offline-title = Keine Verbindung
offline-name-unknown = Der Dienst ist nicht zu finden. Prüfen Sie, ob dieser Computer im Internet ist, und versuchen Sie es erneut.
offline-no-answer = Der Dienst antwortet nicht. Prüfen Sie, ob dieser Computer im Internet ist, und versuchen Sie es erneut. Bleibt es dabei, sagen Sie es dem Service Desk: Etwas blockiert ihn vielleicht.
offline-not-our-relay = Es antwortet etwas anderes als der Dienst. Zur Sicherheit wurde nichts gesendet. Versuchen Sie es in einem anderen Netz, oder sagen Sie es dem Service Desk.
offline-other-version = Dieses Programm und der Dienst passen nicht mehr zusammen. Laden Sie das Programm von der Seite Ihrer Einrichtung neu herunter und starten Sie dieses.
offline-full = Der Dienst ist gerade ausgelastet. Warten Sie eine Minute und versuchen Sie es erneut.
offline-lost = Die Verbindung ist abgerissen. Prüfen Sie, ob dieser Computer im Internet ist, und versuchen Sie es erneut.
cannot-share-title = Ihr Bildschirm lässt sich nicht teilen
cannot-share-wayland = Auf dieser Oberfläche (Wayland) lässt sich der Bildschirm noch nicht teilen. Melden Sie sich ab, wählen Sie beim Anmelden eine Oberfläche „mit Xorg“ und starten Sie das Programm dort.
cannot-share-not-supported = Diese Version kann den Bildschirm dieses Computers noch nicht teilen. Sagen Sie es Ihrer Beratung; mehr müssen Sie nicht tun.
cannot-share-too-large = Ihre Bildschirme sind zusammen { $width } × { $height } Bildpunkte groß. Teilen lassen sich höchstens { $side } in jeder Richtung und { $pixels } Millionen insgesamt. Schalten Sie einen Bildschirm ab oder wählen Sie eine kleinere Auflösung, und starten Sie das Programm neu.
cannot-share-failed = Der Bildschirm lässt sich nicht teilen. Starten Sie das Programm neu; bleibt es dabei, lesen Sie Ihrer Beratung dies vor: { $reason }

ask-view = { $who } möchte Ihren Bildschirm sehen
ask-control = { $who } möchte Ihre Maus und Tastatur benutzen
ask-clipboard-to-host = { $who } möchte etwas in Ihre Zwischenablage legen
ask-clipboard-to-viewer = { $who } möchte Ihre Zwischenablage lesen
ask-files-to-host = { $who } möchte Ihnen eine Datei senden
ask-files-to-viewer = { $who } möchte eine Datei von Ihnen holen
ask-system-information = { $who } möchte Angaben über Ihren Computer lesen
ask-recording = { $who } möchte die Sitzung aufzeichnen
ask-several = { $who } bittet Sie, dies zu erlauben:
question-vouched = bestätigt durch { $by }
question-warning-view = Schließen Sie zuerst, was privat ist. Wir fragen nie nach Bankdaten oder Passwörtern.
question-warning = Sie können das jederzeit mit einem Klick zurücknehmen. Wir fragen nie nach Bankdaten oder Passwörtern.
question-as-administrator = Dieses Programm läuft jetzt als Administrator: Was Sie erlauben, gilt auch für Fenster mit Administratorrechten.
question-left = wird von selbst abgelehnt in { $time }
allow = Erlauben
refuse = Ablehnen

session-title = { $who } sieht Ihren Bildschirm
session-title-control = { $who } sieht Ihren Bildschirm und benutzt Maus und Tastatur
session-minutes = { $minutes ->
    [0] seit weniger als einer Minute
    [one] seit einer Minute
   *[other] seit { $minutes } Minuten
}
session-interrupted = Die Verbindung ist gerade unterbrochen. Es geht von selbst weiter; Sie müssen nichts tun.
session-paused = { $who } sieht gerade nichts
session-prompt = Windows fragt Sie etwas. Nur Sie können antworten: Die Beratung kann es weder sehen noch bedienen.
session-administrator = Das Fenster vorn hat Administratorrechte. Die Beratung sieht es, aber nur Sie können es bedienen.
session-locked = Der Bildschirm ist gesperrt. Die Beratung sieht nichts und kann nichts tun. Wenn Sie ihn entsperren, geht weiter, was Sie erlaubt haben.
session-away = Jemand anderes benutzt diesen Computer. Die Beratung sieht nichts und kann nichts tun. Wenn Sie zurück sind, geht weiter, was Sie erlaubt haben.
session-as-administrator = Als Administrator, nur für diese Sitzung
onward = Als Administrator fortfahren
onward-text = Windows hält die Beratung von Fenstern mit Administratorrechten fern.
onward-title = Als Administrator fortfahren?
onward-then = Zuerst fragt Windows Sie, ob dieses Programm Änderungen vornehmen darf. Dann tritt ein neues Fenster an die Stelle von diesem, und { $who } kommt von selbst dorthin zurück. Was dort zu sehen und zu tun erlaubt ist, entscheiden Sie neu.
onward-warning = Was Sie dann erlauben, gilt auch für Fenster mit Administratorrechten. Fahren Sie nur fort, wenn Sie das miteinander besprochen haben. Wir fragen nie nach Bankdaten oder Passwörtern.
onward-back = Zurück
onward-under-way = Beantworten Sie die Frage, die Windows Ihnen stellt; sie kann hinter einem anderen Fenster sein. Bis dahin sieht die Beratung weiter zu, und Maus und Tastatur gehören nur Ihnen.
onward-leaving = Gleich tritt ein neues Fenster an die Stelle von diesem.
onward-refused = Sie haben abgelehnt, oder Windows hat es nicht erlaubt. Nichts hat sich geändert: Die Sitzung geht weiter wie bisher.
onward-other-account = Windows hat ein anderes Konto als Ihres verwendet, und das geht nicht. Die Sitzung geht weiter wie bisher.
onward-not-started = Das Programm ließ sich nicht als Administrator starten. Die Sitzung geht weiter wie bisher.
onward-not-ready = Das Programm wurde als Administrator gestartet, war aber nicht rechtzeitig bereit. Die Sitzung geht weiter wie bisher.
onward-adviser-stayed = Das Programm der Beratung ist nicht mitgekommen; vielleicht ist es zu alt dafür. Die Sitzung geht weiter wie bisher.
session-allowed = Gerade erlaubt
session-view-only = Nur zusehen. Maus und Tastatur gehören Ihnen allein.
session-stop = Zurücknehmen
session-activities = Was getan wurde
activity-none = Noch nichts.
activity-minute = { $minute } min
activity-allowed = Erlaubt: { $what }
activity-refused = Abgelehnt: { $what }
activity-stopped = Zurückgenommen: { $what }
activity-clicked = Mit der Maus geklickt
activity-typed = Auf der Tastatur getippt
activity-prompt = Windows hat Sie etwas gefragt: Die Beratung konnte währenddessen nichts tun
activity-administrator = Ein Fenster mit Administratorrechten war vorn: Die Beratung konnte darin nichts tun
activity-locked = Sie haben den Bildschirm gesperrt: Die Beratung sah nichts und konnte nichts tun
activity-away = Jemand anderes hat den Computer benutzt: Die Beratung sah nichts und konnte nichts tun
activity-went-on = Sie sind zurück: Was Sie erlaubt hatten, ging weiter
activity-screen-slept = Der Bildschirm wurde dunkel, um Strom zu sparen
activity-screen-changed = Der Bildschirm bekam eine andere Größe
activity-onward = Sie wollten als Administrator fortfahren
activity-stayed-here = Als Administrator ging es nicht weiter
end = Beenden

returning-title = Weiter als Administrator
returning-text = { $who } ist auf dem Weg zurück. Dann werden Sie neu gefragt, was zu sehen und zu tun erlaubt ist; bis Sie es erlauben, sieht niemand etwas.
returning-left = wird von selbst aufgegeben in { $time }

confirm-title = Sitzung beenden?
confirm-text-customer = Ihr Bildschirm ist dann nicht mehr zu sehen. Um später weiterzumachen, fangen Sie mit neuen Nummern neu an.
confirm-text-adviser = Sie sehen den Bildschirm dann nicht mehr. Um später weiterzumachen, lassen Sie sich neue Nummern vorlesen.
confirm-yes = Ja, beenden
confirm-no = Nein, weiter

tray-keep-text = Oder nur das Fenster schließen: { $who } macht weiter, und dieses Zeichen bleibt am Rand Ihres Bildschirms, bei der Uhr. Ein Klick darauf öffnet das Fenster wieder.
tray-keep = Nur das Fenster schließen

tray-open = Fenster öffnen
tray-end = Sitzung beenden
tray-quit = Programm beenden
tray-quit-and-end = Sitzung und Programm beenden
tray-paused = Gerade unterbrochen: { $who }
tray-still-here = Läuft hier weiter
tray-still-waiting-text = Niemand kann Ihren Bildschirm sehen. Ein Klick auf dieses Zeichen öffnet das Fenster wieder.
tray-still-here-text = { $who } sieht Ihren Bildschirm, bis die Sitzung endet. Ein Klick auf dieses Zeichen öffnet das Fenster wieder oder beendet die Sitzung.

over-title = Die Sitzung ist beendet
over-connected = { $minutes ->
    [0] { $who } war weniger als eine Minute verbunden.
    [one] { $who } war eine Minute verbunden.
   *[other] { $who } war { $minutes } Minuten verbunden.
}
over-adviser-connected = { $minutes ->
    [0] Sie waren weniger als eine Minute mit { $who } verbunden.
    [one] Sie waren eine Minute mit { $who } verbunden.
   *[other] Sie waren { $minutes } Minuten mit { $who } verbunden.
}
over-customer-by-me = Sie haben sie beendet.
over-customer-by-other = Die Beratung hat sie beendet.
over-customer-other-gone = Das Programm der Beratung ist nicht mehr da. Wenn Sie noch nicht fertig waren, klicken Sie auf „Wieder helfen lassen“ und lesen die neuen Nummern vor.
over-customer-connection-lost = Die Verbindung ist abgerissen und nicht wiedergekommen. Wenn Sie noch nicht fertig waren, klicken Sie auf „Wieder helfen lassen“ und lesen die neuen Nummern vor.
over-nobody = Niemand hat Ihren Bildschirm gesehen
over-customer-refused = Sie haben abgelehnt.
over-customer-no-answer = Sie haben eine Minute lang nicht geantwortet; das gilt als Nein. Wenn Sie Hilfe möchten, klicken Sie auf „Wieder helfen lassen“ und lesen die neuen Nummern vor.
over-customer-failed = Auf diesem Computer ist etwas fehlgeschlagen. Starten Sie das Programm neu und lesen Sie die neuen Nummern vor.
over-customer-other-gone-anew = Das Programm der Beratung ist nicht mehr da. Wenn Sie noch nicht fertig waren, starten Sie das Programm neu und lesen die neuen Nummern vor.
over-customer-connection-lost-anew = Die Verbindung ist abgerissen und nicht wiedergekommen. Wenn Sie noch nicht fertig waren, starten Sie das Programm neu und lesen die neuen Nummern vor.
over-customer-no-answer-anew = Sie haben eine Minute lang nicht geantwortet; das gilt als Nein. Wenn Sie Hilfe möchten, starten Sie das Programm neu und lesen die neuen Nummern vor.
over-not-back = Die Beratung ist nicht zurückgekommen
over-customer-not-back = Als Administrator ging es nicht weiter, und niemand hat hier Ihren Bildschirm gesehen. Wenn Sie noch nicht fertig waren, starten Sie das Programm neu und lesen die neuen Nummern vor.
over-adviser-by-me = Sie haben sie beendet.
over-adviser-by-other = Die Gegenseite hat sie beendet.
over-adviser-other-gone = Das Programm der Gegenseite ist nicht mehr da. Wenn Sie noch nicht fertig waren, bitten Sie darum, es neu zu starten.
over-adviser-connection-lost = Die Verbindung ist abgerissen und nicht wiedergekommen. Bitten Sie darum, das Programm neu zu starten und die neuen Nummern vorzulesen.
over-adviser-refused = Die Gegenseite hat abgelehnt. Sprechen Sie darüber, warum Sie fragen, und verbinden Sie sich dann mit neuen Nummern.
over-adviser-no-answer = Eine Minute lang kam keine Antwort; das gilt als Nein. Fragen Sie, ob die Frage zu sehen ist, und verbinden Sie sich dann erneut.
over-adviser-not-back = Der Kunde wollte als Administrator fortfahren, aber das Programm dort war nicht zu erreichen. Bitten Sie darum, das Programm neu zu starten und die neuen Nummern vorzulesen.
over-adviser-failed = Auf diesem Computer ist etwas fehlgeschlagen. Verbinden Sie sich erneut; bleibt es dabei, sagen Sie es Ihrem Service Desk.
over-nothing-stays = Es wurde nichts installiert, und auf diesem Computer bleibt nichts zurück. Sie können diese Datei jetzt löschen.
over-again = Wieder helfen lassen
close = Schließen
join-again = Jemand anderem helfen

sign-in-title = Als Beratung anmelden
sign-in-name = Name
sign-in-password = Passwort
sign-in = Anmelden
sign-in-busy = Anmeldung läuft …
sign-in-wrong = Name oder Passwort stimmt nicht. Prüfen Sie beides und versuchen Sie es erneut; ein vergessenes Passwort ersetzt Ihnen Ihre Einrichtung.
sign-in-no-longer = Sie sind nicht mehr angemeldet. Melden Sie sich neu an; gelingt das nicht, fragen Sie in Ihrer Einrichtung nach Ihrem Konto.
sign-in-no-answer = Der Dienst Ihrer Einrichtung antwortet nicht. Prüfen Sie das Netz dieses Computers und versuchen Sie es erneut.
sign-in-failed = Der Dienst Ihrer Einrichtung konnte Sie gerade nicht anmelden. Warten Sie eine Minute und versuchen Sie es erneut. Bleibt es so, sagen Sie es denen, die ihn betreiben.
sign-in-wait = { $seconds ->
    [one] Zu viele Versuche. Warten Sie eine Sekunde und versuchen Sie es erneut.
   *[other] Zu viele Versuche. Warten Sie { $seconds } Sekunden und versuchen Sie es erneut.
}

join-title = Jemandem helfen
join-signed-in = Angemeldet als { $adviser }
join-hint = Lassen Sie sich die beiden Nummern aus dem Fenster vorlesen.
join-id = ID
join-code = Kanalcode
join-reason = Grund, wird der Gegenseite gezeigt
join-reason-hint = z. B. E-Mail-Einstellungen
join = Verbinden
join-busy = Verbindung wird aufgebaut …
join-id-length = Die ID hat neun Ziffern. Lassen Sie sie noch einmal vorlesen und vergleichen Sie.
join-id-mistyped = In dieser ID steckt ein Tippfehler: Die letzte Ziffer passt nicht zu den anderen. Vergleichen Sie Ziffer für Ziffer.
join-code-length = Der Kanalcode hat sechs Ziffern. Lassen Sie ihn noch einmal vorlesen und vergleichen Sie.
join-unknown-id = Unter dieser ID ist niemand bereit. Fragen Sie, ob im Fenster „Bereit“ steht, und vergleichen Sie die ID.
join-wrong-code = { $left ->
    [0] Der Code stimmt nicht und ist nun verloren. Lassen Sie sich den neuen vorlesen.
    [one] Der Code stimmt nicht. Lassen Sie ihn noch einmal vorlesen; ein Versuch bleibt.
   *[other] Der Code stimmt nicht. Lassen Sie ihn noch einmal vorlesen; { $left } Versuche bleiben.
}
join-no-code = Dieser Code ist abgelaufen. Lassen Sie sich den neuen vorlesen.
join-blocked = Zwei falsche Codes: Das Programm der Gegenseite nimmt von Ihnen keinen mehr an. Bitten Sie darum, auf „Neuer Code“ zu klicken und ihn vorzulesen.
join-busy-there = Dort wird gerade jemand anderes verbunden. Warten Sie eine halbe Minute und versuchen Sie es erneut.
join-customer-gone = Das Programm der Gegenseite ist nicht mehr da. Bitten Sie darum, es neu zu starten und die neuen Nummern vorzulesen.
join-other-version = Ihr Programm und das der Gegenseite passen nicht zusammen. Bitten Sie darum, es neu herunterzuladen; hilft das nicht, ist Ihres zu alt.
join-untrusted = Drei Versuche und keine ehrliche Antwort: Vielleicht hört jemand dazwischen mit. Machen Sie nicht weiter. Sagen Sie es Ihrer Einrichtung.
join-card-refused = Das Programm der Gegenseite hat Ihre Anmeldung nicht angenommen. Prüfen Sie, ob beide das Programm Ihrer Einrichtung benutzen, schließen Sie Ihres und melden Sie sich neu an.
join-no-answer = Das Programm der Gegenseite antwortet nicht. Fragen Sie, ob es noch offen ist, und versuchen Sie es erneut.
join-offline = Der Dienst Ihrer Einrichtung antwortet gerade nicht. Warten Sie einen Moment und verbinden Sie sich erneut; die Gegenseite muss nichts tun.
join-reason-unfit = Der Grund ist zu lang oder enthält Zeichen, die nicht angezeigt werden können. Kürzen Sie ihn und versuchen Sie es erneut.
join-no-path = Der Code stimmte, aber die beiden Programme ließen sich nicht verbinden. Lassen Sie sich den neuen Code vorlesen und versuchen Sie es erneut.
join-failed = Die beiden Programme haben einander nicht verstanden. Prüfen Sie, ob beide das neueste Programm Ihrer Einrichtung benutzen, und versuchen Sie es erneut.
join-wait = { $seconds ->
    [one] Zu viele Versuche. Warten Sie eine Sekunde und versuchen Sie es erneut.
   *[other] Zu viele Versuche. Warten Sie { $seconds } Sekunden und versuchen Sie es erneut.
}
cancel = Abbrechen

asked-title = Die Gegenseite entscheidet
asked-id = Verbunden mit { $id }
asked-what = Dort sind Ihr Name und diese Frage zu sehen:
returning-adviser-title = Es geht als Administrator weiter
returning-adviser-id = Vorher verbunden mit { $id }
returning-adviser-text = Ihr Fenster bleibt offen und verbindet sich von selbst wieder. Dann wird neu gefragt, was Sie sehen und tun dürfen.
asked-left = noch { $time } für die Antwort

control-ask = Um Steuerung bitten
control-ask-again = Erneut bitten
control-asked = Um Steuerung gebeten · { $time }
control-on = Sie steuern
control-give-back = Zurückgeben
control-refused = Steuerung wurde abgelehnt
view-only = Nur zusehen
suspended-question = Eine Frage wird beantwortet
suspended-silence = Wartet auf die Verbindung
suspended-hidden = Pause: nicht zu sehen für den Kunden
suspended-locked = Der Bildschirm ist gesperrt
suspended-away = Jemand anderes ist am Computer
suspended-prompt = Diese Frage muss der Kunde beantworten
suspended-administrator = Dieses Fenster bedient nur der Kunde
suspended-other = Pause auf der anderen Seite
scale-fit = Einpassen
scale-one-to-one = 1:1
full-screen = Vollbild (F11)
full-screen-leave = Vollbild verlassen (F11)
keys-theirs = Strg rechts holt die Tasten zurück
keys-ours = Strg rechts gibt dem Kunden die Tasten
full-screen-hint = Diese Leiste verschwindet. Ruht der Mauszeiger am oberen Bildschirmrand, kommt sie wieder.
picture-coming = Das Bild kommt …
strip-delay = Verzögerung { $ms } ms
screen-asleep = Der Bildschirm drüben ist dunkel, um Strom zu sparen. Bitten Sie darum, die Maus zu bewegen.
screen-asleep-control = Der Bildschirm drüben ist dunkel, um Strom zu sparen. Bewegen Sie darauf die Maus, dann geht er an.
screen-changed = Der Bildschirm drüben hat jetzt eine andere Größe: { $size } Pixel.
strip-interrupted = Keine Antwort. Es geht von selbst weiter; wurde das Programm dort geschlossen, klicken Sie auf Beenden.

# What `lotse doctor` finds, in a terminal.
doctor-service = Der Dienst { $service } antwortet nach { $ms } ms und ist der, dem dieses Programm vertraut: { $institution }.
doctor-service-not-there = Der Dienst { $service } lässt sich nicht benutzen. { $why }
doctor-other-ways = Diese Version erreicht ihren Dienst nur über UDP. Wo ein Netz das sperrt oder einen Proxy verlangt, gibt es keine Verbindung.
doctor-capture = Der Bildschirm lässt sich teilen: { $size } Pixel, mit { $way }; das erste Bild brauchte { $ms } ms.
doctor-way-shared = X11 mit gemeinsamem Speicher
doctor-way-connection = X11 ohne gemeinsamen Speicher
doctor-way-duplication = Desktop-Duplizierung
doctor-way-gdi = GDI, denn { $why }
doctor-not-duplicated-yet = anderes wurde noch nicht versucht
doctor-not-duplicated-missing = dieses Windows hat kein Direct3D 11
doctor-not-duplicated-unsupported = diese Oberfläche lässt sich nicht duplizieren: Sie ist entfernt oder gehört zu zwei Grafikkarten
doctor-not-duplicated-busy = zu viele Programme duplizieren die Oberfläche schon
doctor-not-duplicated-incomplete = einer der Monitore lässt sich nicht duplizieren
doctor-not-duplicated-desktop = Windows zeigt eine eigene Oberfläche, für eine Zustimmung oder seine Sperre
doctor-not-duplicated-lost = Windows hat die Duplizierung gerade weggenommen
doctor-not-duplicated-driver = der Grafiktreiber wurde zurückgesetzt oder ist ausgefallen
doctor-not-duplicated-crashed = der Grafiktreiber ist abgestürzt oder nicht zurückgekommen, als er in einem eigenen Prozess versucht wurde
doctor-not-duplicated-wanted = die Duplizierung sollte nicht benutzt werden
doctor-pointer = Der Mauszeiger lässt sich zeigen.
doctor-pointer-not-seen = Der Mauszeiger lässt sich nicht zeigen: { $why }
doctor-input = Maus und Tastatur lassen sich benutzen.
doctor-input-not-there = Maus und Tastatur lassen sich nicht benutzen: { $why }
doctor-drawn-by-card = Das Fenster zeichnet OpenGL: { $name }.
doctor-drawn-by-processor = Das Fenster zeichnet dieses Programm selbst: Das OpenGL hier wäre nicht schneller ({ $name }).
doctor-drawn-by-us = Das Fenster zeichnet dieses Programm selbst: Hier gibt es kein OpenGL, das geht.
doctor-selftest = Ausprobiert mit { $way }: Alles ist, wie es gezeigt wird. Gezeichnetes ist nach { $delay } ms zu sehen, ein Blick braucht { $look } ms.
doctor-selftest-wrong = Ausprobiert mit { $way }: Nicht alles ist, wie es gezeigt wird. { $wrong }
doctor-selftest-not-done = Ausprobieren ließ sich nichts: { $why }
doctor-part-pixels = die Farben eines Fensters
doctor-part-damage = was sich geändert hat
doctor-part-layered = ein Fenster, durch das man sehen kann
doctor-part-pointer-position = wo der Mauszeiger ist
doctor-part-pointer-shape = wie der Mauszeiger aussieht

# When the program itself has failed.
crash-what = Lotse hat einen Fehler gemacht und sich beendet.
crash-then = Eine laufende Sitzung ist damit zu Ende: Niemand sieht oder bedient darüber noch einen Computer. Sie können Lotse neu starten.
crash-place = Für die Beratung: { $place }
