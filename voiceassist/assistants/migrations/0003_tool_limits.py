"""At most so many tool runs of an assistant."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistants', '0002_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='assistant',
            name='tool_limit_runs',
            field=models.PositiveIntegerField(blank=True, help_text='At most so many tool runs of this assistant … Empty: no limit. Holds at once.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100000)]),
        ),
        migrations.AddField(
            model_name='assistant',
            name='tool_limit_seconds',
            field=models.PositiveIntegerField(default=60, help_text='… within so many seconds, in all its calls together.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(86400)]),
        ),
    ]
