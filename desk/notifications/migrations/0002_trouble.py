"""What staff were never told, found without reading what they were told."""

from django.db import migrations, models

from desk.online_index import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("handoffs", "0003_presence"), ("notifications", "0001_core")]
    operations = [
        AddIndexOnline(
            model_name="notification",
            index=models.Index(condition=models.Q(("state", "dead")), fields=["id"], name="notifications_dead"),
        ),
    ]
