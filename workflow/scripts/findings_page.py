"""findings_page: what was found in a corpus, in sentences and pictures."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.detection.findings import Findings
    from unhans.io import store, tsv
    from unhans.pipeline import machine
    from unhans.probes import background, sentences
    from unhans.reporting import findings_page, group_attributes
    from unhans.reporting.explained import ExplainedClasses
    from unhans.reporting.figures import style

    found = Findings(tsv.read_tsv(job.input.findings), tsv.read_tsv(job.input.indicators))
    described = findings_page.rows(found, tsv.read_tsv(job.input.candidate_response))
    features = store.classes(job.input.sensitivity)
    stages = ("corpus", "attribution", "group_search")
    classes = ExplainedClasses(
        {stage: store.classes(job.input[stage]) for stage in stages},
        store.read(job.input.record),
        machine.root(job.wildcards.corpus),
    )
    style.save_all(findings_page.draw(found, described, classes), job.output.folder)
    compared = [tsv.read_tsv(path, group_attributes.TEXT) for path in job.input.attributes]
    described = findings_page.with_pictures(described)
    described = findings_page.with_features(described, features)
    described = findings_page.with_attributes(described, compared, job.wildcards)
    covering = [
        *sentences.of_shortcuts(tsv.read_tsv(job.input.probes)),
        *background.notes(tsv.read_tsv(job.input.interventions)),
        *group_attributes.notes(compared, job.wildcards),
    ]
    tsv.write_text(
        job.output.page,
        findings_page.to_html(found, described, covering),
    )
    job.say(findings_page.describe(found, described))
