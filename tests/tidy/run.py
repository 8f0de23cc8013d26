#!/usr/bin/env python3
"""Plants one violation of each rule of tools/tidy into a small clean tree and looks whether exactly that rule reports it."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEAN = {
    "tools/core.list": "base\nengine\n",
    "include/wrt/base.h": "/* base */\n#define WRT_API\n/* Does it.\n * cost [O1] */\nWRT_API int wrt_do(int x);\n",
    "include/wrt/limits.def": '/* limits */\nLIMIT(tasks, uint32_t, 8, 1, 9, "tasks", "refused")\n',
    "docs/limits.md": "| `tasks` | 8 |\n",
    "wrtd/explain.def": '/* explained */\nEXPLAIN(401, "a", "b", "c")\n',
    "src/base/a.c": '/* a */\n#include <stdint.h>\nstatic int one(int x)\n{\n    return x; /* malloc(1) linux */\n}\n'
                    'int wrt__a(int e)\n{\n    return wrt__fail(e, WRT_E_LIMIT, 401, "printf(linux) epoll_wait") + one(e);\n}\n',
    "src/engine/e.c": '/* e */\n#include "base/a.h"\nint wrt__engine_run(int x)\n{\n    return x;\n}\n',
    "src/executor/x.c": '/* x */\n#include "engine/e.h"\nint wrt__loop(void)\n{\n    return wrt__engine_run(1);\n}\n',
    "wrtd/main.c": "/* main */\n#include <stdio.h>\n#include <wrt/base.h>\nint main(void)\n{\n    return 0;\n}\n",
}
BODY = "".join(f"    x += {k};\n" for k in range(120))
# rule: (file, text that is put at its end)
PLANTED = {
    "includes": ("src/engine/e.c", '#include "executor/executor.h"\n'),
    "includes (tool)": ("wrtd/main.c", '#include "../src/base/base.h"\n'),
    "includes (header)": ("include/wrt/base.h", "#include <stdio.h>\n"),
    "core_headers": ("src/base/a.c", "#include <string.h>\n"),
    "systems": ("src/executor/x.c", "#if defined(__linux__)\n#endif\n"),
    "systems (header)": ("src/executor/x.c", "#include <sys/epoll.h>\n"),
    "banned": ("src/base/a.c", "void *wrt__b(void)\n{\n    return malloc(1);\n}\n"),
    "banned (tool)": ("wrtd/main.c", "void f(char *a, char *b)\n{\n    strcpy(a, b);\n}\n"),
    "lengths": ("src/base/a.c", "/* " + "x" * 120 + " */\n"),
    "lengths (file)": ("src/base/a.c", "\n".join("/* x */" for _ in range(900)) + "\n"),
    "lengths (tab)": ("src/base/a.c", "\tint wrt__tab;\n"),
    "functions": ("wrtd/main.c", "int big(int x)\n{\n" + BODY + "    return x;\n}\n"),
    "heads": ("src/base/b.c", "int wrt__b;\n"),
    "unique_statics": ("src/engine/e.c", "static int one(int x)\n{\n    return x;\n}\n"),
    "todo": ("src/base/a.c", "/* TODO: later */\n"),
    "contracts": ("include/wrt/base.h", "\nWRT_API int wrt_do(int x);\n"),
    "one_caller": ("src/executor/x.c", "int wrt__again(void)\n{\n    return wrt__engine_run(2);\n}\n"),
    "limits": ("include/wrt/limits.def", 'LIMIT(timers, uint32_t, 8, 1, 9, "t", "r")\n'),
    "error_numbers": ("src/engine/e.c", "int wrt__f(int e)\n{\n    return wrt__fail(e, WRT_E_ARG, 999, 0);\n}\n"),
    "symbols": ("lib.c", "/* lib */\nint loose_name;\n"),
    "symbols (promise)": ("include/wrt/base.h", "/* More. */\nWRT_API int wrt_more(void);\n"),
}


def build(root):
    """A library with what the headers promise, for the rules that look at compiled code."""
    (root / "build/release").mkdir(parents=True)
    extra = (root / "lib.c").read_text() if (root / "lib.c").exists() else ""
    (root / "build/release/lib.c").write_text("int wrt_do(int x) { return x; }\nint wrt__inner;\n" + extra)
    subprocess.run(["cc", "-c", "lib.c", "-o", "lib.o"], cwd=root / "build/release", check=True)
    subprocess.run(["ar", "rcs", "libwrt.a", "lib.o"], cwd=root / "build/release", check=True)


def reports(planted=None):
    """Names of the rules that complain."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in CLEAN.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        if planted:
            path = root / planted[0]
            path.write_text((path.read_text() if path.exists() else "") + planted[1])
        shutil.copy(ROOT / "tools/tidy", root / "tools/tidy")
        build(root)
        run = subprocess.run([sys.executable, str(root / "tools/tidy")], capture_output=True, text=True)
        rules = {line.rsplit("[", 1)[1].rstrip("]") for line in run.stdout.splitlines() if line.endswith("]")}
        return rules, run.stdout + run.stderr


def main():
    passed = failed = 0
    for name, planted in [("nothing", None), *PLANTED.items()]:
        want = set() if planted is None else {name.split()[0]}
        found, output = reports(planted)
        if found == want:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {name}: reported by {sorted(found) or 'nobody'}\n{output}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
