"""`tilth train`: rows in, a better model out."""

from cyclopts import App

app = App(name="train", help="Look at what a model would learn from.")

app.command("tilth.cli.train_tokens:tokens", name="tokens")
