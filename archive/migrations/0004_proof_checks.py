from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('archive', '0003_proof'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProofCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('SCRUB', 'chains and files'), ('HEADS', 'second place of the heads')], max_length=5, unique=True)),
                ('first_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('problem_count', models.PositiveIntegerField(default=0)),
                ('problem_since', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name='chainlink',
            index=models.Index(fields=['stream', 'started_at'], name='chain_link_started'),
        ),
    ]
