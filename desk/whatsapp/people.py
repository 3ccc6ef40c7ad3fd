"""Who writes on WhatsApp: one person under our own id, however WhatsApp names them today.

Every function here runs inside the caller's transaction. A first message that another process stores at the same
time ends in an IntegrityError: the caller starts over and finds the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desk.conversations.models import Channel, ChannelIdentity, Conversation, Person
from desk.whatsapp.events import Identity, IdentityChanged, Sender

Kind = ChannelIdentity.Kind


def conversations_for(senders: Sequence[Sender]) -> dict[Identity, str]:
    """Return each sender's conversation, by identity; people and conversations are made as needed."""
    people = _people_for(senders)
    latest = _latest_conversations(people.values())
    missing = sorted(set(people.values()) - set(latest))
    made = [Conversation(person_id=person_id, channel=Channel.WHATSAPP) for person_id in missing]
    Conversation.objects.bulk_create(made)
    latest |= {conversation.person_id: conversation.pk for conversation in made}
    return {identity: latest[person_id] for identity, person_id in people.items()}


def identity_follow(change: IdentityChanged) -> str | None:
    """Let the new number or user id lead to the same person, and the old one no longer: it may get a new owner.

    Returns the person's conversation, or None for somebody who never wrote.
    """
    old = _aliases([change.old])
    person_id = next((alias.person_id for alias in old.values()), None)
    if person_id is None:
        return None
    ChannelIdentity.objects.filter(pk__in=[alias.pk for alias in old.values()]).delete()
    if change.old.user_id and not change.new.wa_id:
        # A user id changes with the phone number: where the new number is not told, the old one is not theirs.
        ChannelIdentity.objects.filter(person_id=person_id, channel=Channel.WHATSAPP, kind=Kind.PHONE).delete()
    for alias in _aliases([change.new]).values():
        _merge(alias.person_id, into=person_id)
    known = set(_aliases([change.new]))
    _attach([(external_id, kind, person_id) for external_id, kind in _ids(change.new) if external_id not in known])
    return _latest_conversations([person_id]).get(person_id)


def recipient_of(person_id: str) -> Identity:
    """How to reach a person: by phone number where it is known, else by user id."""
    aliases = ChannelIdentity.objects.filter(person_id=person_id, channel=Channel.WHATSAPP).order_by("pk")
    known = dict(aliases.values_list("kind", "external_id"))
    return Identity(wa_id=known.get(Kind.PHONE, ""), user_id=known.get(Kind.BUSINESS_SCOPED, ""))


def _latest_conversations(people: Iterable[str]) -> dict[str, str]:
    found = Conversation.objects.filter(person_id__in=set(people), channel=Channel.WHATSAPP)
    return dict(found.order_by("last_activity_at").values_list("person_id", "pk"))


def _people_for(senders: Sequence[Sender]) -> dict[Identity, str]:
    aliases = {key: alias.person_id for key, alias in _aliases(sender.identity for sender in senders).items()}
    people: dict[Identity, str] = {}
    new_people: list[Person] = []
    new_aliases: list[tuple[str, str, str]] = []
    for sender in senders:
        person_id = _known_person(sender.identity, aliases)
        if person_id is None:
            person = Person(display_name=sender.name)
            new_people.append(person)
            person_id = person.pk
        for external_id, kind in _ids(sender.identity):
            if external_id not in aliases:
                aliases[external_id] = person_id
                new_aliases.append((external_id, kind, person_id))
        people[sender.identity] = person_id
    Person.objects.bulk_create(new_people)
    _attach(new_aliases)
    _rename(senders, people, {person.pk for person in new_people})
    return {identity: aliases[identity.user_id or identity.wa_id] for identity in people}


def _known_person(identity: Identity, aliases: dict[str, str]) -> str | None:
    by_user, by_phone = aliases.get(identity.user_id), aliases.get(identity.wa_id)
    if by_user and by_phone and by_user != by_phone:
        # Two people until now: this message shows that they are one.
        _merge(by_phone, into=by_user)
        aliases.update({key: by_user for key, person_id in aliases.items() if person_id == by_phone})
    return by_user or by_phone


def _merge(person_id: str, *, into: str) -> None:
    if person_id == into:
        return
    ChannelIdentity.objects.filter(person_id=person_id).update(person_id=into)
    Conversation.objects.filter(person_id=person_id).update(person_id=into)
    Person.objects.filter(pk=person_id).delete()


def _rename(senders: Sequence[Sender], people: dict[Identity, str], new: set[str]) -> None:
    """Keep the name as the channel gives it today."""
    names = {people[sender.identity]: sender.name for sender in senders if sender.name}
    known = Person.objects.filter(pk__in=names.keys() - new)
    changed = [person for person in known if person.display_name != names[person.pk]]
    for person in changed:
        person.display_name = names[person.pk]
    if changed:
        Person.objects.bulk_update(changed, ["display_name"])


def _attach(aliases: Iterable[tuple[str, str, str]]) -> None:
    """Add aliases, always in the same order: two processes that add the same ones must not wait for each other."""
    ChannelIdentity.objects.bulk_create(
        ChannelIdentity(person_id=person_id, channel=Channel.WHATSAPP, kind=kind, external_id=external_id)
        for external_id, kind, person_id in sorted(aliases)
    )


def _aliases(identities: Iterable[Identity]) -> dict[str, ChannelIdentity]:
    ids = {external_id for identity in identities for external_id, _ in _ids(identity)}
    found = ChannelIdentity.objects.filter(channel=Channel.WHATSAPP, external_id__in=ids)
    return {alias.external_id: alias for alias in found}


def _ids(identity: Identity) -> list[tuple[str, str]]:
    both = [(identity.wa_id, Kind.PHONE), (identity.user_id, Kind.BUSINESS_SCOPED)]
    return [(external_id, kind) for external_id, kind in both if external_id]
