"""LoRA adapters of several model families, made by PEFT, with outputs and gradients in float32.

Run: python src/benchmarks/golden/lora.py            writes the golden files that are missing
     python src/benchmarks/golden/lora.py DIRECTORY  loads with PEFT what the project saved and compares the outputs; the
                                                     directory is the one that LoraParityTest is given by
                                                     -Drlhf4j.lora.saved=DIRECTORY

Needs the models of families.py. Writes src/core/src/test/resources/golden/lora/NAME/ with PEFT's adapter_config.json and
adapter_model.safetensors, and golden.safetensors:
  tokens.i         input sequences
  logits.i         their logits [time, vocabulary] (causal)
  score.i          their score at the last token (NAME ends with -reward)
  grad.NAME        gradient with respect to NAME of the summed cross-entropy of every next token, or of the sum of scores

transformers has no InternLM2, so PEFT puts its adapters into the module of families.py that stands for it. What that shows is
PEFT's arithmetic and names on the fused matrices of the published files; the model's own code it shows no more than that
module does.
"""

import json
import pathlib
import sys

import peft
import torch
import transformers
from families import InternLM2
from safetensors.torch import load_file, save_file

GOLDEN = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden"
LENGTHS = (9, 1, 17)
CASES = {
    "qwen2": dict(r=4, lora_alpha=8, target_modules="all-linear"),
    "mistral": dict(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj"], use_rslora=True),
    "phi3": dict(r=3, lora_alpha=6, target_modules="all-linear"),
    "gpt2": dict(r=2, lora_alpha=2, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True),
    "neox": dict(r=2, lora_alpha=5, target_modules=["query_key_value", "dense"]),
    "gemma2": dict(r=2, lora_alpha=4, target_modules="all-linear"),
    "internlm2": dict(r=3, lora_alpha=9, target_modules=["wqkv", "wo", "w1", "w2", "w3"]),
    "qwen2-reward": dict(r=4, lora_alpha=8, target_modules="all-linear"),
    "gpt2-reward": dict(r=2, lora_alpha=2, target_modules=["c_attn"], fan_in_fan_out=True),
}


def base(name, directory=None):
    if name == "internlm2":
        directory = directory or GOLDEN / "families" / name
        model = InternLM2(json.loads((directory / "config.json").read_text()), 40)
        model.load_state_dict({key: w.float() for key, w in load_file(directory / "model.safetensors").items()})
        return model.eval()
    reward = name.endswith("-reward")
    kind = transformers.AutoModelForSequenceClassification if reward else transformers.AutoModelForCausalLM
    return kind.from_pretrained(GOLDEN / "families" / name, attn_implementation="eager", dtype=torch.float32).eval()


def outputs(model, name, tokens):
    result = model(tokens[None]) if name == "internlm2" else model(tokens[None]).logits[0]
    return result.squeeze() if name.endswith("-reward") else result


def write(name, seed):
    torch.manual_seed(seed)
    task = "SEQ_CLS" if name.endswith("-reward") else "CAUSAL_LM"
    model = peft.get_peft_model(base(name), peft.LoraConfig(task_type=None if name == "internlm2" else task,
                                                            **CASES[name])).eval()
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if weight.requires_grad:
                weight.normal_(0, 0.3)
    golden, total = {}, 0
    for i, length in enumerate(LENGTHS):
        tokens = torch.randint(3, 40, (length,))
        out = outputs(model, name, tokens)
        golden[f"tokens.{i}"] = tokens
        golden[f"{'score' if task == 'SEQ_CLS' else 'logits'}.{i}"] = out.detach().reshape(-1 if task == "SEQ_CLS" else out.shape)
        total = total + (out.sum() if task == "SEQ_CLS" else
                         torch.nn.functional.cross_entropy(out[:-1], tokens[1:], reduction="sum"))
    total.backward()
    gradients = {key: weight.grad for key, weight in model.named_parameters() if weight.requires_grad}
    for key in peft.get_peft_model_state_dict(model):
        own = key.replace("lora_A.", "lora_A.default.").replace("lora_B.", "lora_B.default.")
        own = own.replace("score.weight", "score.modules_to_save.default.weight")
        golden["grad." + key] = gradients[own].contiguous()
    directory = GOLDEN / "lora" / name
    model.peft_config["default"].base_model_name_or_path = f"../../families/{name}"
    model.save_pretrained(directory)
    (directory / "README.md").unlink(missing_ok=True)
    config = json.loads((directory / "adapter_config.json").read_text())
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    (directory / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    save_file(golden, directory / "golden.safetensors")


def check(directory, name):
    golden = load_file(GOLDEN / "lora" / name / "golden.safetensors")
    if name == "internlm2":
        adapted = peft.get_peft_model(base(name), peft.LoraConfig(**CASES[name])).eval()
        peft.set_peft_model_state_dict(adapted, load_file(directory / name / "adapter/adapter_model.safetensors"))
        merged = base(name, directory / name)
    else:
        adapted = peft.PeftModel.from_pretrained(base(name), directory / name / "adapter").eval()
        kind = type(base(name))
        merged = kind.from_pretrained(directory / name, attn_implementation="eager", dtype=torch.float32).eval()
    for what, model in (("adapter", adapted), ("merged", merged)):
        worst = 0
        for i in range(len(LENGTHS)):
            expected = golden[f"{'score' if name.endswith('-reward') else 'logits'}.{i}"]
            with torch.no_grad():
                ours = outputs(model, name, golden[f"tokens.{i}"]).reshape(expected.shape)
            worst = max(worst, ((ours - expected).abs().max() / expected.abs().max()).item())
        print(f"{name} {what}: largest relative error {worst:.1e}")
        assert worst < 5e-5


for number, case in enumerate(CASES):
    if len(sys.argv) > 1:
        check(pathlib.Path(sys.argv[1]), case)
    elif not (GOLDEN / "lora" / case).exists():
        write(case, 100 + number)
