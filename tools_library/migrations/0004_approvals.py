"""Questions about runs, grants for later ones, reviews of versions."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0001_initial'),
        ('tools_library', '0003_behaviour'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='toolexecution',
            name='beyond_review',
            field=models.BooleanField(default=False, help_text='A test by somebody who may approve what it uses.'),
        ),
        migrations.AddField(
            model_name='toolexecution',
            name='notice',
            field=models.TextField(blank=True, help_text='Goes to the model with the outcome: staff changed the arguments.'),
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tool_name', models.CharField(max_length=100)),
                ('policy', models.CharField(choices=[('confirm', 'The caller or user'), ('staff', 'Staff')], max_length=10)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('expired', 'Expired')], default='pending', max_length=10)),
                ('trigger_context', models.CharField(max_length=20)),
                ('source_kind', models.CharField(blank=True, max_length=20)),
                ('source_id', models.CharField(blank=True, max_length=64)),
                ('arguments', models.JSONField(default=dict, help_text='As they were asked for.')),
                ('arguments_hash', models.CharField(max_length=64)),
                ('schema_hash', models.CharField(max_length=64)),
                ('edited_arguments', models.JSONField(blank=True, help_text='As they ran.', null=True)),
                ('changes', models.JSONField(blank=True, default=list, help_text='Path, before, after.')),
                ('least_role', models.CharField(choices=[('viewer', 'Viewer'), ('operator', 'Operator'), ('builder', 'Builder'), ('admin', 'Admin'), ('owner', 'Owner')], default='operator', help_text='Of staff whose yes counts.', max_length=20)),
                ('four_eyes', models.BooleanField(default=False, help_text='Somebody else than who asked must say yes.')),
                ('asked_at', models.DateTimeField()),
                ('heard_at', models.DateTimeField(blank=True, help_text='When the caller had heard the question to its end.', null=True)),
                ('expires_at', models.DateTimeField()),
                ('escalate_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by_name', models.CharField(blank=True, max_length=254)),
                ('reason', models.TextField(blank=True)),
                ('remember', models.CharField(blank=True, choices=[('once', 'This once'), ('conversation', 'This conversation'), ('always', 'Always')], default='once', max_length=15)),
                ('asked_by', models.ForeignKey(blank=True, help_text='The person behind the run, where there is one.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sent_to', models.ForeignKey(blank=True, help_text='Whose inbox it is in; empty: that of everybody who may answer.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('execution', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='approval', to='tools_library.toolexecution')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('tool', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tools_library.tool')),
            ],
            options={
                'db_table': 'tool_approvals',
                'ordering': ['-id'],
                'abstract': False,
                'base_manager_name': 'unscoped',
                'default_manager_name': 'unscoped',
            },
            managers=[
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ApprovalGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tool_name', models.CharField(max_length=100)),
                ('policy', models.CharField(choices=[('confirm', 'The caller or user'), ('staff', 'Staff')], max_length=10)),
                ('scope', models.CharField(choices=[('conversation', 'This conversation'), ('always', 'Always')], max_length=15)),
                ('source_kind', models.CharField(blank=True, max_length=20)),
                ('source_id', models.CharField(blank=True, max_length=64)),
                ('least_role', models.CharField(choices=[('viewer', 'Viewer'), ('operator', 'Operator'), ('builder', 'Builder'), ('admin', 'Admin'), ('owner', 'Owner')], default='operator', help_text='Whose yes it is, where staff gave it.', max_length=20)),
                ('schema_hash', models.CharField(max_length=64)),
                ('arguments', models.JSONField(blank=True, help_text='Only these; empty: any.', null=True)),
                ('arguments_hash', models.CharField(blank=True, max_length=64)),
                ('created_by_name', models.CharField(blank=True, max_length=254)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('end_reason', models.CharField(blank=True, max_length=200)),
                ('approval', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tools_library.approval')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approval_grants', to='tools_library.tool')),
                ('user', models.ForeignKey(blank=True, help_text="Whose own conversations it holds for; empty: everybody's.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'tool_approval_grants',
                'ordering': ['-id'],
                'abstract': False,
                'base_manager_name': 'unscoped',
                'default_manager_name': 'unscoped',
            },
            managers=[
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ToolReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('configuration', models.JSONField(default=dict, help_text="The version's, with the assistant's own merged in.")),
                ('configuration_hash', models.CharField(max_length=64)),
                ('status', models.CharField(choices=[('pending', 'Waiting for a review'), ('approved', 'Approved'), ('rejected', 'Rejected')], default='pending', max_length=10)),
                ('asked_by_name', models.CharField(blank=True, max_length=254)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by_name', models.CharField(blank=True, max_length=254)),
                ('reason', models.TextField(blank=True)),
                ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='tools_library.toolversion')),
            ],
            options={
                'db_table': 'tool_reviews',
                'ordering': ['-id'],
                'abstract': False,
                'base_manager_name': 'unscoped',
                'default_manager_name': 'unscoped',
            },
            managers=[
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name='approval',
            index=models.Index(fields=['organization', 'status', '-id'], name='approval_listed'),
        ),
        migrations.AddIndex(
            model_name='approval',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['expires_at'], name='approval_open'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.UniqueConstraint(condition=models.Q(('policy', 'confirm'), ('status', 'pending'), models.Q(('source_id', ''), _negated=True)), fields=('source_kind', 'source_id', 'tool', 'arguments_hash'), name='one_open_confirmation'),
        ),
        migrations.AddIndex(
            model_name='approvalgrant',
            index=models.Index(condition=models.Q(('revoked_at__isnull', True)), fields=['tool', 'policy'], name='grant_valid'),
        ),
        migrations.AddIndex(
            model_name='toolreview',
            index=models.Index(fields=['organization', 'status', '-id'], name='review_listed'),
        ),
        migrations.AddConstraint(
            model_name='toolreview',
            constraint=models.UniqueConstraint(fields=('version', 'configuration_hash'), name='one_review_each'),
        ),
    ]
