"""The managers' forms: what may be written, checked; the templates draw them by hand."""

from __future__ import annotations

from django import forms

from desk.staff.models import CannedReply, User
from desk.staff.roles import Role
from desk.staff.words import Words


class NewStaffForm(forms.Form):
    username = forms.CharField(max_length=150, validators=[User.username_validator])
    full_name = forms.CharField(max_length=150, required=False)
    role = forms.ChoiceField(choices=Role.choices)


class CannedReplyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CannedReply
        fields = ("title_ar", "title_en", "text_ar", "text_en", "position")


def form_errors(form: forms.BaseForm, words: Words, group: str = "form_errors") -> dict[str, list[str]]:
    """What is wrong, in our words, by the name of the field."""
    if not form.is_bound:
        return {}
    return {
        name: [words.of(group, error.code or "invalid") for error in errors.as_data()]
        for name, errors in form.errors.items()
    }
