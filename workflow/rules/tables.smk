rule tables:
    input:
        ranking="<results>/ranking.tsv",
        effects=PLAN.of_accepted("effect"),
        unhansings=PLAN.of_accepted("unhansing"),
        compensations=PLAN.of_accepted("compensation"),
    output:
        table1=report(
            "<results>/tables/table1.tsv",
            caption="../report/table1.rst",
            category="Tables",
            labels={"what": "1: classes of highest tau"},
        ),
        table2=report(
            "<results>/tables/table2.tsv",
            caption="../report/table2.rst",
            category="Tables",
            labels={"what": "2: un-Hansing by cleaning"},
        ),
        table3=report(
            "<results>/tables/table3.tsv",
            caption="../report/table3.rst",
            category="Tables",
            labels={"what": "3: artefacts put into images"},
        ),
        table4=report(
            "<results>/tables/table4.tsv",
            caption="../report/table4.rst",
            category="Tables",
            labels={"what": "4: artefacts taken out of images"},
        ),
        more=expand(
            "<results>/tables/table{number}.{form}", number=[1, 2, 3, 4], form=["md", "tex"]
        ),
        compensation=report(
            "<results>/tables/compensation.tsv",
            caption="../report/compensation.rst",
            category="Correction",
            labels={"what": "networks cured of artefacts"},
        ),
    log:
        "<logs>/tables.log",
    benchmark:
        "<benchmarks>/tables.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=PLAN.settings("tables", None),
        code=PLAN.code("tables"),
    message:
        "tables: tables 1 to 4 of the paper, and corrections side by side"
    script:
        "../scripts/tables.py"
