from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("tools_library", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="toolexecution",
            name="at_ms",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Since the call's stream began, when it was asked for.",
                null=True,
            ),
        ),
    ]
