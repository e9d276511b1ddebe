"""Makes kubernetes.json: JSON Schema of the kinds of object in deploy/k8s, from two npm packages (MIT licence) that
are generated from Kubernetes' own API description.

    npm pack kubernetes-models@5.1.0 @kubernetes-models/apimachinery@3.0.2
    for package in *.tgz; do mkdir "${package%.tgz}" && tar xzf "$package" -C "${package%.tgz}"; done
    python3 make_schema.py kubernetes-models-5.1.0/package kubernetes-models-apimachinery-3.0.2/package
"""
import json
import os
import re
import sys

KINDS = ["apps/v1/Deployment", "apps/v1/StatefulSet", "batch/v1/Job", "networking.k8s.io/v1/NetworkPolicy",
         "policy/v1/PodDisruptionBudget", "v1/ConfigMap", "v1/Namespace", "v1/PersistentVolumeClaim", "v1/Service"]
TOKEN = re.compile(r'"[^"]*"|[A-Za-z_]\w*|[{}\[\]<>?:;|,]')

models, machinery = sys.argv[1:]
definitions = {}


def resolve(folder, target):
    shared = "@kubernetes-models/apimachinery/"
    return os.path.join(machinery, target[len(shared):]) if target.startswith(shared) \
        else os.path.normpath(os.path.join(folder, target[:-len(".js")]))


def name_of(path):
    package = machinery if path.startswith(machinery + "/") else models
    return os.path.relpath(path, package)


class Reader:
    def __init__(self, text, imports):
        self.tokens = TOKEN.findall(text)
        self.at = 0
        self.imports = imports

    def next(self, expected=None):
        token = self.tokens[self.at]
        assert expected in (None, token), f"{token} where {expected} was expected"
        self.at += 1
        return token

    def take(self, token):
        found = self.tokens[self.at] == token
        self.at += found
        return found

    def type(self):
        options = [self.single()]
        while self.take("|"):
            options.append(self.single())
        if len(options) == 1:
            return options[0]
        if all("enum" in option for option in options):
            return {"enum": [value for option in options for value in option["enum"]]}
        return {"type": [option["type"] for option in options]}

    def single(self):
        token = self.next()
        if token == "{":
            return self.members()
        if token == "Array":
            self.next("<")
            items = self.type()
            self.next(">")
            return {"type": "array", "items": items}
        if token.startswith('"'):
            return {"enum": [token[1:-1]]}
        if token in ("string", "number", "boolean"):
            return {"type": token}
        assert token in self.imports, token
        return {"$ref": define(self.imports[token])}

    def members(self):
        if self.take("["):
            self.next("key")
            self.next(":")
            self.next("string")
            self.next("]")
            self.next(":")
            values = self.type()
            self.next(";")
            self.next("}")
            return {"type": "object", "additionalProperties": values}
        properties, required = {}, []
        while not self.take("}"):
            name = self.next()[1:-1]
            if not self.take("?"):
                required.append(name)
            self.next(":")
            properties[name] = self.type()
            self.next(";")
        shape = {"type": "object", "additionalProperties": False, "properties": properties}
        return shape | {"required": required} if required else shape


def define(path):
    name = name_of(path)
    if name not in definitions:
        definitions[name] = None
        with open(path + ".d.ts", encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        imports = {kind.strip(): resolve(os.path.dirname(path), target)
                   for kinds, target in re.findall(r'import \{([^}]*)\} from "([^"]*)";', text)
                   for kind in kinds.split(",")}
        own = os.path.basename(path)
        alias = re.search(rf"export type I{own} = ([^;]*;)", text)
        body = re.search(rf"export interface I{own}(?: extends TypeMeta)? \{{(.*?)\n\}}", text, flags=re.S)
        definitions[name] = Reader(alias[1], imports).type() if alias else Reader(body[1] + "}", imports).members()
    return name


for kind in KINDS:
    define(os.path.join(models, kind))
# What only the server writes is nobody's to set.
for kind in KINDS:
    definitions[kind]["properties"].pop("status", None)
reached, pending = set(), list(KINDS)
while pending:
    name = pending.pop()
    if name not in reached:
        reached.add(name)
        pending += re.findall(r'"\$ref": "([^"]*)"', json.dumps(definitions[name]))
target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kubernetes.json")
with open(target, "w", encoding="utf-8") as file:
    lines = (f"{json.dumps(name)}: {json.dumps(definitions[name])}" for name in sorted(reached))
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
