"""Equal calls, leases, late outcomes; the newest runs of a tool and an assistant by index."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistants', '0002_initial'),
        ('calls', '0003_mediaticket_delivery'),
        ('organizations', '0002_credentials_and_audit'),
        ('tools_library', '0005_reviews_of_what_is_there'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='toolexecution',
            name='one_run_per_tool_call',
        ),
        migrations.AddField(
            model_name='toolexecution',
            name='arguments_hash',
            field=models.CharField(blank=True, help_text='Tells equal calls of one source.', max_length=64),
        ),
        migrations.AddField(
            model_name='toolexecution',
            name='duplicate_of',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The equal earlier run whose outcome this call gets.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='duplicates', to='tools_library.toolexecution'),
        ),
        migrations.AddField(
            model_name='toolexecution',
            name='is_async',
            field=models.BooleanField(default=False, help_text='Its call was answered at once; the outcome comes later.'),
        ),
        migrations.AddField(
            model_name='toolexecution',
            name='lease_until',
            field=models.DateTimeField(blank=True, help_text='Until then its worker is taken to be alive.', null=True),
        ),
        migrations.AddField(
            model_name='toolexecution',
            name='queued_at',
            field=models.DateTimeField(blank=True, help_text='When it was last handed to the workers.', null=True),
        ),
        migrations.AlterField(
            model_name='toolexecution',
            name='tool',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='executions', to='tools_library.tool'),
        ),
        migrations.AlterField(
            model_name='toolexecution',
            name='assistant',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tool_executions', to='assistants.assistant'),
        ),
        migrations.AddIndex(
            model_name='toolexecution',
            index=models.Index(fields=['assistant', '-id'], name='execution_of_assistant'),
        ),
        migrations.AddIndex(
            model_name='toolexecution',
            index=models.Index(fields=['tool', '-id'], name='execution_of_tool'),
        ),
        migrations.AddIndex(
            model_name='toolexecution',
            index=models.Index(condition=models.Q(('source_id', ''), _negated=True), fields=['source_kind', 'source_id', 'tool'], name='execution_of_source'),
        ),
        migrations.AddIndex(
            model_name='toolexecution',
            index=models.Index(condition=models.Q(('duplicate_of__isnull', False)), fields=['duplicate_of'], name='execution_duplicates'),
        ),
        migrations.AddConstraint(
            model_name='toolexecution',
            constraint=models.UniqueConstraint(condition=models.Q(('tool_call_id', ''), _negated=True), fields=('organization', 'source_kind', 'source_id', 'tool_call_id'), name='one_run_per_tool_call'),
        ),
    ]
