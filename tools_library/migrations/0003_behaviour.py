"""How a tool behaves around its run, on the tool and on each version."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tools_library", "0002_uncounted_runs")]

    operations = [
        migrations.AddField(
            model_name="tool",
            name="behaviour",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Fixed parameters, spoken messages, limits and so on.",
            ),
        ),
        migrations.AddField(
            model_name="toolversion", name="behaviour", field=models.JSONField(default=dict)
        ),
        migrations.AddField(
            model_name="toolversion",
            name="require_confirmation",
            field=models.BooleanField(default=False),
        ),
    ]
