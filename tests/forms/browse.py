"""A form as a browser has it: drawn from the template, and sent as it stands."""

from lxml import html

from server.forms.form import Form
from server.pages import environment

_PAGE = """{% import "forms/form.html" as forms with context %}<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Form</title></head>
<body><form method="post" novalidate>{{ forms.summary(form) }}{{ forms.fields(form) }}<button>Save</button></form></body></html>"""


def page(form: Form) -> html.HtmlElement:
    """Draw a form and read it as a browser does."""
    text = environment().from_string(_PAGE).render(form=form)
    return html.fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))


def sent(form: Form) -> list[tuple[str, str]]:
    """Return what is posted when a form is sent as it stands."""
    return page(form).forms[0].form_values()
