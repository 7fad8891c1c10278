# Sentences for people who are a little worried. No jargon. Every message exists in both languages, with the same
# arguments; a test compares them.

language-other = Deutsch
help-line = Remote help
test-relay = For testing: { $relay }

# A copy that cannot be used.
damaged-title = This program is damaged
damaged-text = This file is not as your institution made it, perhaps because the download was cut off. To be safe, it does nothing. Delete it and download it once more from your institution’s page. If it stays like this, tell the service desk.
damaged-reason = For the service desk: { $reason }

# Permissions, as they stand in a list.
permission-view = See the screen
permission-control = Use mouse and keyboard
permission-clipboard-to-host = Put something on the clipboard
permission-clipboard-to-viewer = Read the clipboard
permission-files-to-host = Send a file to this computer
permission-files-to-viewer = Fetch a file from this computer
permission-system-information = Read facts about this computer
permission-recording = Record the session

# The terms.
terms-title = Before you begin
terms-accept = I accept
terms-link = Terms and privacy
terms-back = Back

# The customer waits.
waiting-title = Read these two numbers to your adviser
waiting-title-used-up = A new code is needed
waiting-id = Your ID
waiting-code = Channel code
waiting-code-left = new code in { $time }
waiting-code-in-use = being used just now
copy-id = Copy the ID
copy-code = Copy the channel code
new-code = New code
code-used-up = Three codes were lost to wrong attempts. If you are on the phone with your adviser, click “New code” and read it out.
status-connecting = Connecting …
status-ready = Ready. Nobody can see your screen.
status-knocks = Somebody is announcing themselves. Nobody can see your screen yet.
try-again = Try again
offline-title = No connection
offline-name-unknown = The service cannot be found. Check that this computer is on the internet, then try again.
offline-no-answer = The service does not answer. Check that this computer is on the internet, then try again. If it stays like this, tell the service desk: something may be blocking it.
offline-not-our-relay = Something other than the service is answering. To be safe, nothing was sent. Try again on another network, or tell the service desk.
offline-other-version = This program and the service no longer fit together. Download the program again from your institution’s page and start that one.
offline-full = The service is full just now. Wait a minute, then try again.
offline-lost = The connection was lost. Check that this computer is on the internet, then try again.
cannot-share-title = Your screen cannot be shared
cannot-share-wayland = On this desktop (Wayland) the screen cannot be shared yet. Sign out, choose a desktop “on Xorg” when you sign in again, and start this program there.
cannot-share-not-supported = This version cannot share the screen of this computer yet. Tell your adviser; you need do nothing more.
cannot-share-too-large = Together your screens have { $width } × { $height } pixels. At most { $side } each way and { $pixels } million in all can be shared. Turn one screen off or choose a lower resolution, then start the program again.
cannot-share-failed = The screen cannot be shared. Start the program again; if it stays like this, read this out to your adviser: { $reason }

# The question.
ask-view = { $who } wants to see your screen
ask-control = { $who } wants to use your mouse and keyboard
ask-clipboard-to-host = { $who } wants to put something on your clipboard
ask-clipboard-to-viewer = { $who } wants to read your clipboard
ask-files-to-host = { $who } wants to send you a file
ask-files-to-viewer = { $who } wants to fetch a file from you
ask-system-information = { $who } wants to read facts about your computer
ask-recording = { $who } wants to record the session
ask-several = { $who } asks you to allow this:
question-vouched = vouched for by { $by }
question-warning-view = Close what is private first. We never ask for banking or passwords.
question-warning = You can take this back with one click at any time. We never ask for banking or passwords.
question-as-administrator = This program now runs as administrator: what you allow holds for windows with administrator rights too.
question-left = refused by itself in { $time }
allow = Allow
refuse = Refuse

# Somebody is connected.
session-title = { $who } sees your screen
session-title-control = { $who } sees your screen and uses mouse and keyboard
session-minutes = { $minutes ->
    [0] for less than a minute
    [one] for one minute
   *[other] for { $minutes } minutes
}
session-interrupted = The connection is interrupted just now. It goes on by itself; you need do nothing.
session-paused = { $who } sees nothing just now
session-prompt = Windows is asking you something. Only you can answer: your adviser can neither see nor use it.
session-administrator = The window in front has administrator rights. Your adviser sees it, but only you can use it.
session-locked = The screen is locked. Your adviser sees nothing and can do nothing. When you unlock it, what you allowed goes on.
session-away = Somebody else uses this computer. Your adviser sees nothing and can do nothing. When you are back, what you allowed goes on.
session-as-administrator = As administrator, for this session alone
onward = Continue as administrator
onward-text = Windows keeps your adviser from windows with administrator rights.
onward-title = Continue as administrator?
onward-then = Windows asks you first whether this program may make changes. Then a new window takes the place of this one, and { $who } comes back to it by itself. What may be seen and done there, you decide anew.
onward-warning = What you allow then holds for windows with administrator rights too. Only continue if you have agreed on it. We never ask for banking or passwords.
onward-back = Back
onward-under-way = Answer the question that Windows asks you; it may be behind another window. Until then your adviser goes on looking, and mouse and keyboard are yours alone.
onward-leaving = In a moment a new window takes the place of this one.
onward-refused = You refused, or Windows did not allow it. Nothing has changed: the session goes on as before.
onward-other-account = Windows used another account than yours, which does not work. The session goes on as before.
onward-not-started = The program could not be started as administrator. The session goes on as before.
onward-not-ready = The program did start as administrator, but was not ready in time. The session goes on as before.
onward-adviser-stayed = Your adviser’s program did not come along; it may be too old for this. The session goes on as before.
session-allowed = Allowed now
session-view-only = Looking only. Mouse and keyboard are yours alone.
session-stop = Take back
session-activities = What was done
activity-none = Nothing yet.
activity-minute = { $minute } min
activity-allowed = Allowed: { $what }
activity-refused = Refused: { $what }
activity-stopped = Taken back: { $what }
activity-clicked = Clicked with the mouse
activity-typed = Typed on the keyboard
activity-prompt = Windows asked you something: your adviser could do nothing meanwhile
activity-administrator = A window with administrator rights was in front: your adviser could do nothing in it
activity-locked = You locked the screen: your adviser saw nothing and could do nothing
activity-away = Somebody else used the computer: your adviser saw nothing and could do nothing
activity-went-on = You came back: what you had allowed went on
activity-screen-slept = The screen went dark to save energy
activity-screen-changed = The screen took another size
activity-onward = You chose to continue as administrator
activity-stayed-here = It did not continue as administrator
end = End

# The adviser comes back to the program that goes on as administrator.
returning-title = Continuing as administrator
returning-text = { $who } is on the way back. Then you are asked again what may be seen and done; until you allow it, nobody sees anything.
returning-left = given up by itself in { $time }

# The window's X.
confirm-title = End the session?
confirm-text-customer = Your adviser will no longer see your screen. To go on later, you start anew with new numbers.
confirm-text-adviser = You will no longer see the customer’s screen. To go on later, ask for new numbers.
confirm-yes = Yes, end it
confirm-no = No, go on

tray-keep-text = Or close the window only: { $who } goes on, and this symbol stays at the edge of your screen, where the clock is. Click on it to open the window again.
tray-keep = Close only the window

# The symbol beside the clock.
tray-open = Open the window
tray-end = End session
tray-quit = Quit
tray-quit-and-end = End session and quit
tray-paused = Interrupted just now: { $who }
tray-still-here = Still running here
tray-still-waiting-text = Nobody can see your screen. Click on this symbol to open the window again.
tray-still-here-text = { $who } sees your screen until the session ends. Click on this symbol to open the window again or to end the session.

# It is over.
over-title = The session has ended
over-connected = { $minutes ->
    [0] { $who } was connected for less than a minute.
    [one] { $who } was connected for one minute.
   *[other] { $who } was connected for { $minutes } minutes.
}
over-adviser-connected = { $minutes ->
    [0] You were connected with { $who } for less than a minute.
    [one] You were connected with { $who } for one minute.
   *[other] You were connected with { $who } for { $minutes } minutes.
}
over-customer-by-me = You ended it.
over-customer-by-other = Your adviser ended it.
over-customer-other-gone = Your adviser’s program is gone. If you were not finished, click “Get help again” and read out the new numbers.
over-customer-connection-lost = The connection was lost and did not come back. If you were not finished, click “Get help again” and read out the new numbers.
over-nobody = Nobody has seen your screen
over-customer-refused = You refused.
over-customer-no-answer = You did not answer within a minute, which counts as no. If you want help, click “Get help again” and read out the new numbers.
over-customer-failed = Something failed on this computer. Start the program again and read out the new numbers.
over-customer-other-gone-anew = Your adviser’s program is gone. If you were not finished, start the program again and read out the new numbers.
over-customer-connection-lost-anew = The connection was lost and did not come back. If you were not finished, start the program again and read out the new numbers.
over-customer-no-answer-anew = You did not answer within a minute, which counts as no. If you want help, start the program again and read out the new numbers.
over-not-back = Your adviser did not come back
over-customer-not-back = It did not continue as administrator, and nobody has seen your screen here. If you were not finished, start the program again and read out the new numbers.
over-adviser-by-me = You ended it.
over-adviser-by-other = The customer ended it.
over-adviser-other-gone = The customer’s program is gone. If you were not finished, ask the customer to start it again.
over-adviser-connection-lost = The connection was lost and did not come back. Ask the customer to start the program again and to read out the new numbers.
over-adviser-refused = The customer refused. Talk about why you ask, then join again with new numbers.
over-adviser-no-answer = The customer did not answer within a minute, which counts as no. Ask whether the question is on the screen, then join again.
over-adviser-not-back = The customer chose to continue as administrator, but the program there could not be reached. Ask the customer to start the program again and to read out the new numbers.
over-adviser-failed = Something failed on this computer. Join again; if it stays like this, tell your service desk.
over-nothing-stays = Nothing was installed and nothing stays on this computer. You can delete this file now.
over-again = Get help again
close = Close
join-again = Help someone else

# The adviser signs in.
sign-in-title = Sign in as an adviser
sign-in-name = Name
sign-in-password = Password
sign-in = Sign in
sign-in-busy = Signing in …
sign-in-wrong = Name or password is not right. Check both and try again; if you have forgotten the password, your institution gives you a new one.
sign-in-no-longer = You are no longer signed in. Sign in again; if that does not work, ask your institution about your account.
sign-in-no-answer = Your institution’s service does not answer. Check the network of this computer, then try again.
sign-in-failed = Your institution’s service could not sign you in just now. Wait a minute, then try again. If it stays so, tell whoever runs it.
sign-in-wait = { $seconds ->
    [one] Too many attempts. Wait one second, then try again.
   *[other] Too many attempts. Wait { $seconds } seconds, then try again.
}

# The adviser joins.
join-title = Help a customer
join-signed-in = Signed in as { $adviser }
join-hint = Ask for the two numbers in the customer’s window.
join-id = ID
join-code = Channel code
join-reason = Reason, shown to the customer
join-reason-hint = e.g. e-mail settings
join = Join
join-busy = Joining …
join-id-length = The ID has nine digits. Ask for it again and compare.
join-id-mistyped = There is a slip in this ID: its last digit does not fit the others. Compare it with the customer digit by digit.
join-code-length = The channel code has six digits. Ask for it again and compare.
join-unknown-id = Nobody is ready under this ID. Ask whether the customer’s window says “Ready”, and compare the ID.
join-wrong-code = { $left ->
    [0] The code is not right, and it is lost now. Ask the customer to read out the new one.
    [one] The code is not right. Ask for it again; one more try is left.
   *[other] The code is not right. Ask for it again; { $left } more tries are left.
}
join-no-code = This code has run out. Ask the customer to read out the new one.
join-blocked = Two wrong codes: the customer’s program takes no more from you. Ask the customer to click “New code” and to read it out.
join-busy-there = Somebody else is being connected there just now. Wait half a minute, then try again.
join-customer-gone = The customer’s program went away. Ask the customer to start it again and to read out the new numbers.
join-other-version = Your program and the customer’s do not fit together. Ask the customer to download it anew; if that does not help, yours is too old.
join-untrusted = Three attempts, and no honest answer: something may be listening in between. Do not go on. Tell your institution.
join-card-refused = The customer’s program did not accept your sign-in. Check that you both use your institution’s program, then close yours and sign in again.
join-no-answer = The customer’s program does not answer. Ask whether it is still open, then try again.
join-offline = Your institution’s service does not answer just now. Wait a moment, then join again; the customer need do nothing.
join-reason-unfit = The reason is too long, or has characters that cannot be shown. Shorten it, then try again.
join-no-path = The code was right, but the two programs could not be connected. Ask the customer for the new code, then try again.
join-failed = The two programs did not understand each other. Check that you both use your institution’s newest program, then try again.
join-wait = { $seconds ->
    [one] Too many attempts. Wait one second, then try again.
   *[other] Too many attempts. Wait { $seconds } seconds, then try again.
}
cancel = Cancel

# The adviser waits for the customer.
asked-title = The customer decides
asked-id = Connected with { $id }
asked-what = The customer sees your name and this question:
asked-left = { $time } left to answer

# The customer continues as administrator.
returning-adviser-title = The customer continues as administrator
returning-adviser-id = Connected with { $id } before
returning-adviser-text = Your window stays open and joins again by itself. Then the customer is asked anew what you may see and do.

# The adviser sees the screen.
control-ask = Ask for control
control-ask-again = Ask again
control-asked = Asked for control · { $time }
control-on = You have control
control-give-back = Give it back
control-refused = Control was refused
view-only = Looking only
suspended-question = The customer is answering a question
suspended-silence = Waiting for the connection
suspended-hidden = Paused: the customer cannot see this
suspended-locked = The customer’s screen is locked
suspended-away = Somebody else is at the computer
suspended-prompt = The customer must answer this prompt
suspended-administrator = Only the customer can use this window
suspended-other = Paused at the customer’s
scale-fit = Fit
scale-one-to-one = 1:1
full-screen = Full screen (F11)
full-screen-leave = Leave full screen (F11)
keys-theirs = Right Ctrl takes the keys back
keys-ours = Right Ctrl gives the keys to the customer
full-screen-hint = This bar hides. To bring it back, rest the pointer at the top edge of the screen.
picture-coming = The picture is coming …
strip-delay = Delay { $ms } ms
screen-asleep = The customer’s screen is dark to save energy. Ask the customer to move the mouse.
screen-asleep-control = The customer’s screen is dark to save energy. Move the mouse over it to wake it.
screen-changed = The customer’s screen has another size now: { $size } pixels.
strip-interrupted = No answer. It goes on by itself; if the program there was closed, click End.

# What `lotse doctor` finds, in a terminal.
doctor-service = The service at { $service } answers in { $ms } ms and is the one this copy trusts: { $institution }.
doctor-service-not-there = The service at { $service } cannot be used. { $why }
doctor-other-ways = This version reaches its service over UDP alone. Where a network blocks that, or wants a proxy, there is no connection.
doctor-capture = The screen can be shared: { $size } pixels, by { $way }; the first picture took { $ms } ms.
doctor-way-shared = X11 with shared memory
doctor-way-connection = X11 without shared memory
doctor-way-duplication = desktop duplication
doctor-way-gdi = GDI, since { $why }
doctor-not-duplicated-yet = nothing else was tried yet
doctor-not-duplicated-missing = this Windows has no Direct3D 11
doctor-not-duplicated-unsupported = this desktop cannot be duplicated: it is a remote one, or belongs to two graphics cards
doctor-not-duplicated-busy = too many programs duplicate the desktop already
doctor-not-duplicated-incomplete = one of the monitors cannot be duplicated
doctor-not-duplicated-desktop = Windows shows a desktop of its own, for a consent or its lock
doctor-not-duplicated-lost = Windows has taken the duplication away a moment ago
doctor-not-duplicated-driver = the graphics driver was reset or has failed
doctor-not-duplicated-crashed = the graphics driver crashed, or never came back, when it was tried out in a process of its own
doctor-not-duplicated-wanted = the duplication was not to be used
doctor-pointer = The pointer can be shown.
doctor-pointer-not-seen = The pointer cannot be shown: { $why }
doctor-input = Mouse and keyboard can be used.
doctor-input-not-there = Mouse and keyboard cannot be used: { $why }
doctor-drawn-by-card = The window is drawn by OpenGL: { $name }.
doctor-drawn-by-processor = The window is drawn by this program itself: its OpenGL would be no faster ({ $name }).
doctor-drawn-by-us = The window is drawn by this program itself: no OpenGL works here.
doctor-selftest = Tried out by { $way }: everything is as it is shown. What is drawn is seen after { $delay } ms, and a look takes { $look } ms.
doctor-selftest-wrong = Tried out by { $way }, not everything is as it is shown. { $wrong }
doctor-selftest-not-done = Nothing could be tried out: { $why }
doctor-part-pixels = the colours of a window
doctor-part-damage = what has changed
doctor-part-layered = a window that can be seen through
doctor-part-pointer-position = where the pointer is
doctor-part-pointer-shape = what the pointer looks like

# When the program itself has failed.
crash-what = Lotse has made a mistake, and has ended.
crash-then = A session that was on has ended with it: nobody sees or uses a computer through it any more. You can start Lotse again.
crash-place = For the service desk: { $place }
