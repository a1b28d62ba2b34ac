from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('archive', '0004_proof_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='HeadCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=300, unique=True)),
                ('written', models.BigIntegerField()),
            ],
            options={
                'verbose_name_plural': 'head copies',
            },
        ),
    ]
