"""The few messages in trouble among all there are, found without reading the others."""

from django.conf import settings
from django.db import migrations, models

from desk.online_index import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("conversations", "0004_take_ups_and_early_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        AddIndexOnline(
            model_name="message",
            index=models.Index(models.F("created_at"), condition=models.Q(("state", "dead")), name="messages_dead"),
        ),
        AddIndexOnline(
            model_name="message",
            index=models.Index(
                models.F("created_at"),
                condition=models.Q(("delivery__in", ["uncertain", "failed", "dead"])),
                name="messages_unsure",
            ),
        ),
    ]
