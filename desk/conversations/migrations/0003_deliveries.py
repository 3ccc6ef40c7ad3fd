"""What the desk said before deliveries were recorded was said on the website: it counts as sent."""

from typing import Any

from django.db import migrations


def mark_sent(apps: Any, schema_editor: Any) -> None:
    apps.get_model("conversations", "Message").objects.filter(direction="out", delivery="").update(delivery="sent")


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_core")]

    operations = [migrations.RunPython(mark_sent, migrations.RunPython.noop)]
