"""Chat templates as the families of models have them: written here, with what of their language the published ones use.

SPDX-License-Identifier: MIT"""

TEMPLATES = {
    "chatml": (
        r"{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] +"
        r" '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{%"
        r" endif %}"),
    "mistral": (
        r"{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 =="
        r" 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}{% if message['role'] == 'user' %}{{"
        r" '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{"
        r" message['content'] + eos_token }}{% endif %}{% endfor %}"),
    "llama-2": (
        r"{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message"
        r" = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message ="
        r" false %}{% endif %}{% for message in loop_messages %}{% if loop.index0 == 0 and system_message !="
        r" false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{%"
        r" else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{"
        r" bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{"
        r" ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"),
    "llama-3": (
        r"{% set loop_messages = messages %}{% for message in loop_messages %}{% set content ="
        r" '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim +"
        r" '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{"
        r" content }}{% endfor %}{% if add_generation_prompt %}{{"
        r" '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"),
    "zephyr": r'''{% for message in messages %}
{% if message['role'] in ('user', 'system') %}
{{ '<|' ~ message.role ~ '|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}''',
    "phi-3-mini": (
        r"{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{'<|user|>' + '\n' +"
        r" message['content'] + '<|end|>' + '\n' }}{% elif message['role'] == 'assistant' %}{{'<|assistant|>'"
        r" + '\n' + message['content'] + '<|end|>' + '\n'}}{% else %}{{ raise_exception('Only user and"
        r" assistant roles are supported!') }}{% endif %}{% endfor %}{% if messages[-1].role == 'user' %}{{"
        r" '<|assistant|>\n' }}{% endif %}"),
    "phi-3": (
        r"{% for message in messages %}{{ '<|%s|>\n'.replace('%s', message['role']) + message['content'] +"
        r" '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{"
        r" eos_token }}{% endif %}"),
    "gemma": (
        r"{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not"
        r" supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'assistant') %}{%"
        r" set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' +"
        r" role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if"
        r" add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"),
    "gemma-3": r'''{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {{ '<start_of_image>' if item['type'] == 'image' else item['text'] | trim }}
        {%- endfor -%}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
''',
    "mistral-v1": r'''{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.first and system_message is defined %}
            {{- " [INST] " + system_message + "\n\n" + message["content"] + " [/INST]" }}
        {%- else %}
            {{- " [INST] " + message["content"] + " [/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"] + eos_token }}
    {%- endif %}
{%- endfor %}
''',
    "mistral-v3": r'''{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"] | trim + eos_token }}
    {%- endif %}
{%- endfor %}
''',
    "mistral-tekken": r'''{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST]" + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST]" + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- message["content"] + eos_token }}
    {%- endif %}
{%- endfor %}
''',
    "mistral-v7": (
        r"{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' +"
        r" message['content'] + '[/INST]' }}{% elif message['role'] == 'system' %}{{ '[SYSTEM_PROMPT] ' +"
        r" message['content'] + '[/SYSTEM_PROMPT]' }}{% elif message['role'] == 'assistant' %}{{ ' ' +"
        r" message['content'] + eos_token }}{% endif %}{% endfor %}"),
    "phi-4": (
        r"{% for message in messages %}{% if (message['role'] == 'system') %}{{'<|im_start|>system<|im_sep|>'"
        r" + message['content'] + '<|im_end|>'}}{% else %}{{ '<|im_start|>' ~ message['role'] ~ '<|im_sep|>' ~"
        r" message['content'] ~ '<|im_end|>'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{"
        r" '<|im_start|>assistant<|im_sep|>' }}{% endif %}"),
    "deepseek": (
        r"{% set ns = namespace(system_prompt='', is_last_user=false) %}{%- for message in messages %}{%- if"
        r" message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor"
        r" %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user'"
        r" %}{{'<｜User｜>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and"
        r" message['tool_calls'] is not defined %}{% set content = message['content'] %}{% if '</think>' in"
        r" content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content +"
        r" '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{% if add_generation_prompt %}{{'<｜Assistant｜>'}}"
        r"{% endif %}"),
    "deepseek-r1": (
        r"{% set ns = namespace(system_prompt='', is_last_user=false) %}{%- for message in messages %}{%- if"
        r" message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor"
        r" %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user'"
        r" %}{{'<｜User｜>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and"
        r" message['tool_calls'] is not defined %}{% set content = message['content'] %}{% if '</think>' in"
        r" content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content +"
        r" '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{% if add_generation_prompt %}"
        r"{{'<｜Assistant｜><think>\n'}}{% endif %}"),
    "llama-3.1": r'''{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{{- "Cutting Knowledge Date: December 2023\n" }}
{{- "Today Date: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim }}
        {{- '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
''',
    "gpt-oss": r'''{%- macro build_system_message() -%}
    {{- "You are ChatGPT, a large language model trained by OpenAI.\n" }}
    {{- "Knowledge cutoff: 2024-06\n" }}
    {{- "Current date: " + strftime_now("%Y-%m-%d") + "\n\n" }}
    {%- if reasoning_effort is not defined %}
        {%- set reasoning_effort = "medium" %}
    {%- endif %}
    {{- "Reasoning: " + reasoning_effort + "\n\n" }}
    {{- "# Valid channels: analysis, commentary, final. Channel must be included for every message." }}
{%- endmacro -%}
{{- "<|start|>system<|message|>" }}{{- build_system_message() }}{{- "<|end|>" }}
{%- if messages[0].role == "developer" or messages[0].role == "system" %}
    {%- set developer_message = messages[0].content %}
    {%- set loop_messages = messages[1:] %}
    {{- "<|start|>developer<|message|># Instructions\n\n" + developer_message + "\n\n<|end|>" }}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- for message in loop_messages -%}
    {%- if message.role == 'assistant' -%}
        {%- if loop.last and not add_generation_prompt %}
            {{- "<|start|>assistant<|channel|>final<|message|>" + message.content + "<|return|>" }}
        {%- else %}
            {{- "<|start|>assistant<|channel|>final<|message|>" + message.content + "<|end|>" }}
        {%- endif %}
    {%- else %}
        {{- "<|start|>user<|message|>" + message.content + "<|end|>" }}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
<|start|>assistant
{%- endif -%}''',
    "deepseek-v3.1": (
        r"{% if not thinking is defined %}{% set thinking = false %}{% endif %}{% set ns ="
        r" namespace(system_prompt='', is_last_user=false) %}{%- for message in messages %}{%- if"
        r" message['role'] == 'system' %}{% set ns.system_prompt = ns.system_prompt + message['content'] %}{%-"
        r" endif %}{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}{%- for message in messages %}{%- if"
        r" message['role'] == 'user' %}{%- set ns.is_last_user = true -%}{{'<｜User｜>' + message['content']}}"
        r"{%- endif %}{%- if message['role'] == 'assistant' and (message['tool_calls'] is not defined or"
        r" message['tool_calls'] is none) %}{%- if ns.is_last_user %}{{'<｜Assistant｜></think>'}}{%- endif %}"
        r"{%- set ns.is_last_user = false -%}{%- set content = message['content'] -%}{%- if '</think>' in"
        r" content %}{%- set content = content.split('</think>', 1)[1] -%}{%- endif %}{{content +"
        r" '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{%- if add_generation_prompt and ns.is_last_user"
        r" %}{{'<｜Assistant｜>'}}{%- if not thinking %}{{'</think>'}}{%- else %}{{'<think>'}}{%- endif %}{%"
        r" endif %}"),
    "qwq": r'''{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" and not message.tool_calls %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\n') %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n<think>\n' }}
{%- endif %}
''',
    "smollm3": r'''{#- A block of metadata comes first. -#}
{%- if enable_thinking is not defined -%}
{%- set enable_thinking = true -%}
{%- endif -%}
{%- set reasoning_mode = "/think" if enable_thinking else "/no_think" -%}
{{- "<|im_start|>system\n" -}}
{{- "## Metadata\n\n" -}}
{{- "Today Date: " ~ strftime_now("%d %B %Y") ~ "\n" -}}
{{- "Reasoning Mode: " + reasoning_mode + "\n\n## Custom Instructions\n\n" -}}
{%- if messages[0].role == "system" -%}
{{- messages[0].content.rstrip() + "\n\n" -}}
{%- else -%}
{{- "You are a helpful AI assistant." -}}
{%- endif -%}
{{- "<|im_end|>\n" -}}
{%- for message in messages -%}
{%- set content = message.content if message.content is string else "" -%}
{%- if message.role == "user" -%}
{{ "<|im_start|>" + message.role + "\n"  + content + "<|im_end|>\n" }}
{%- elif message.role == "assistant" -%}
{% generation %}
{{ "<|im_start|>assistant\n" + content.lstrip("\n") + "<|im_end|>\n" }}
{% endgeneration %}
{%- endif -%}
{%- endfor %}
{% if add_generation_prompt -%}
{{ "<|im_start|>assistant\n" if enable_thinking else "<|im_start|>assistant\n<think>\n\n</think>\n" }}
{%- endif -%}
''',
}
