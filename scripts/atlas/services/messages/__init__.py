"""Messages and discoveries: who gets them, how they travel, what became of them.

`mailbox.post` puts a message into the outbox within a transaction; `notices` sends one by hand; `inbox` reads them.
`outbox` delivers what goes by a server (`mail_server`, each try noted by `tries`); `incoming` takes in what came.
`exchange` does both ways once, `listener` again and again while somebody waits.
`discoveries` go to whom they affect, `interrupts` stop one agent; `composing` is what the two have in common.
"""
