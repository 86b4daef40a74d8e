# SPDX-License-Identifier: GPL-2.0-only
"""The Python module, on a kernel that is played."""

import errno
import os
import shutil
import sys
import textwrap

import harness
from harness import contains, equal, run, start, test

MODULE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "python")


def python(text, **variables):
    """Run a program in Python."""
    result = run(sys.executable, "-c", "import checkpoint, os, pickle\n" + textwrap.dedent(text),
                 PYTHONPATH=MODULE, PYTHONDONTWRITEBYTECODE=1,
                 LD_LIBRARY_PATH=os.path.join(harness.BUILD, "fake"), **variables)
    equal(result.stderr, "")
    return result.stdout


@test
def python_saves():
    text = """
        saved = checkpoint.save(1, "a.img", timeout=2.5, external=[7, 9])
        print(saved.crid, saved.frozen, saved.size, saved.processes, saved.threads, saved.notes)
        times = saved.times
        print(times.freeze, times.survey, times.capture, times.write, 0 < times.sync < 10)
        print(len(saved.image_id), os.stat("a.img").st_mode & 0o777 == 0o600)
        print(checkpoint.check(1), checkpoint.supported())
        """
    equal(python(text), "5 0.0015 6 1 2 []\n0.0011 0.0022 0.0033 0.0044 True\n32 True\n[] True\n")


@test
def python_says_what_is_wrong():
    text = """
        try:
            checkpoint.save(1, "a.img")
        except checkpoint.CheckpointError as error:
            error = pickle.loads(pickle.dumps(error))
            print(error.errno, error.problems[0].pid, error.problems[0], "-", error.advice)
            print(error)
        print(os.listdir("."), [str(problem) for problem in checkpoint.check(1)])
        """
    said = python(text, FAKE_ERRNO=errno.EBUSY, FAKE_MESSAGE="fd 3: is busy", FAKE_PID=1)
    advice = "end what is named, or wait until it is done, and try again"
    equal(said, f"16 1 pid 1: fd 3: is busy - {advice}\n"
                f"[Errno 16] pid 1: fd 3: is busy; {advice}\n[] ['pid 1: fd 3: is busy']\n")
    equal(python("""
        try:
            checkpoint.check(1)
        except OSError as error:
            print(error.errno)
        """, FAKE_ERRNO=errno.ESRCH), "3\n")


@test
def python_holds_and_kills():
    victim = start("sleep", "100")
    equal(python(f"""
        with checkpoint.hold({victim.pid}, "a.img") as hold:
            print(hold.saved.crid, os.path.exists("a.img"))
            hold.kill()
        print(hold.fd)
        """), "5 True\n-1\n")
    equal(victim.wait(), -9)
    victim = start("sleep", "100")
    python(f"checkpoint.save({victim.pid}, 'a.img', kill=True)")
    equal(victim.wait(), -9)


@test
def python_saves_itself():
    text = """
        callback = checkpoint.on_save(lambda: print("before"), lambda how: print("after", how))
        print(checkpoint.save_self("a.img"))
        callback.remove()
        print(checkpoint.save_self("a.img"))
        """
    for how, variables in (("SAVED", {}), ("RESTARTED", {"FAKE_COPY": 1})):
        equal(python(text, **variables),
              f"before\nafter Outcome.{how}\nOutcome.{how}\nOutcome.{how}\n")
    equal(python("""
        def refuse():
            raise KeyError("not now")
        checkpoint.on_save(after=lambda how: print("after", how))
        checkpoint.on_save(before=refuse)
        checkpoint.on_save(before=lambda: print("before"), after=print)
        try:
            checkpoint.save_self("b.img")
        except KeyError as error:
            print(error, os.path.exists("b.img"))
        """), "before\nNone\n'not now' False\n")


@test
def python_restarts():
    text = """
        checkpoint.save(1, "a.img")
        made = checkpoint.restart("a.img", inherit={7: 2}, rewind=True,
                                  moved={"/old": "/new"})
        print(made.processes, made.threads, made.wait())
        checkpoint.check_image("a.img")
        try:
            checkpoint.restart("none.img")
        except checkpoint.CheckpointError as error:
            print(error.errno)
        """
    equal(python(text, FAKE_PROGRAM="exit 4"), "1 1 4\n2\n")
    contains(python(text, FAKE_PROGRAM="kill -9 $$"), "1 1 -9\n")


@test
def python_reads_images():
    equal(run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "sample.img").returncode, 0)
    text = """
        with checkpoint.Image("sample.img", contents=True) as image:
            print(image.header["release"], image.header["nr_tasks"], image.header["crid"])
            records = list(image)
        print(len(records), records[-1].name)
        print([record.fields["nrs"] for record in records if record.name == "pid"])
        print([record.fields["comm"] for record in records if record.name == "task"])
        print(next(record.fields["path"] for record in records if record.name == "file_path"))
        print(next(record.fields["fds"] for record in records if record.name == "fdtable")[2])
        checkpoint.Image.verify("sample.img")
        with open("sample.img", "r+b") as file:
            file.seek(-1000, 2)
            file.write(b"x")
        for work in (checkpoint.Image.verify, lambda name: list(checkpoint.Image(name, contents=True))):
            try:
                work("sample.img")
            except checkpoint.CheckpointError as error:
                print(error.errno, error.advice)
        """
    equal(python(text), """b'6.12.117' 3 7
34 end
[[1234], [1235], [1236]]
[b'sample', b'worker', b'child']
b'/usr/bin/sample'
{'fd': 4, 'flags': 0, 'file': 7, 'reserved': 0}
74 copy the image again from where it was made
74 copy the image again from where it was made
""")


@test
def python_knows_the_structures():
    text = """
        import ctypes
        from checkpoint import _library
        for kind in ("Error", "SaveOptions", "Inherit", "Moved", "RestartOptions", "Result",
                     "RecordInfo", "Item"):
            print(kind, ctypes.sizeof(getattr(_library, kind)))
        """
    kinds = (("Error", "checkpoint_error"), ("SaveOptions", "ckpt_save_options"),
             ("Inherit", "restart_inherit"), ("Moved", "ckpt_moved"),
             ("RestartOptions", "ckpt_restart_options"),
             ("Result", "ckpt_result"), ("RecordInfo", "ckpt_record_info"), ("Item", "ckpt_item"))
    with open("sizes.c", "w", encoding="ascii") as file:
        file.write("#include <libcheckpoint.h>\n#include <libcheckpoint_image.h>\n"
                   "#include <stdio.h>\nint main(void)\n{\n")
        for kind, name in kinds:
            file.write(f'\tprintf("{kind} %zu\\n", sizeof(struct {name}));\n')
        file.write("\treturn 0;\n}\n")
    source = os.path.dirname(MODULE)
    equal(run("gcc", f"-I{source}/lib", f"-I{source}/../include", "sizes.c", "-o",
              "sizes").returncode, 0)
    equal(python(text), run("./sizes").stdout)


@test
def python_module_is_typed():
    if not shutil.which("mypy"):
        raise harness.Skip("mypy is not installed")
    result = run("mypy", "--strict", "--cache-dir", "cache", os.path.join(MODULE, "checkpoint"))
    equal((result.returncode, result.stdout.splitlines()[-1:]),
          (0, ["Success: no issues found in 5 source files"]))
