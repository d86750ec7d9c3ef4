"""Tickets remember which delivery of a webhook they answered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="mediaticket",
            name="delivery",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The delivery of the webhook that it answered.",
                max_length=100,
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="mediaticket",
            name="resumed",
            field=models.BooleanField(
                default=False,
                help_text="Answered a redirect: an earlier stream of the call ended.",
            ),
        ),
    ]
