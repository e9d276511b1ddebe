using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Endpoints;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Tests.Simulated;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

public sealed class OpenAiChatTests
{
    private static readonly JudgeRequest[] Requests =
        [.. Simulations.Images.Take(6).Select((image, i) => new JudgeRequest(image.Prompt, image.Png, long.MaxValue - i))];

    [Theory]
    [InlineData("vllm")]
    [InlineData("vllm-guided")]
    [InlineData("sglang")]
    [InlineData("openai")]
    public async Task A_verdict_in_json_says_what_the_judge_behind_the_server_says(string dialect)
    {
        await using var server = await ModelServer.StartAsync(dialect, judge: Remote.Judge);
        foreach (var request in Requests)
        {
            var said = await Remote.JudgeAsync(new() { Url = server.Url }, Remote.Chat(dialect) with { Score = "json" }, request);
            Assert.Equal((await Remote.Judge.OneAsync(request)).Verdict, said.Verdict);
            Assert.Equal(1459, said.Tokens);
        }

        Assert.All(server.Asked, asked => Assert.Equal(0, asked.Body["temperature"]!.GetValue<double>()));
        Assert.Equal(dialect is not "openai", server.Asked.First().Body.ContainsKey("repetition_penalty"));
    }

    [Fact]
    public async Task The_published_rule_reads_the_words_and_the_score_comes_from_a_second_question()
    {
        await using var server = await ModelServer.StartAsync("plain", judge: Remote.Judge);
        foreach (var request in Requests)
        {
            var local = await Remote.Judge.OneAsync(request);
            var said = await Remote.JudgeAsync(new() { Url = server.Url }, Remote.Chat("plain") with { Verdict = "is-correct", Score = "logprobs" }, request);
            Assert.Equal((local.Verdict.Accepted, local.Verdict.Feedback, local.Text), (said.Verdict.Accepted, said.Verdict.Feedback, said.Text));
            Assert.Equal(local.Verdict.Score!.Value, said.Verdict.Score!.Value, 1e-9);
            Assert.Equal(2 * 1459, said.Tokens);
        }
    }

    [Theory]
    [InlineData("""Sure: {"accepted": true, "feedback": "all is there"} """, true, "")]
    [InlineData("""```json {"accepted": false, "feedback": " no dog "} ```""", false, "no dog")]
    public async Task A_verdict_is_found_between_other_words(string text, bool accepted, string feedback)
    {
        await using var server = await ModelServer.StartAsync("plain", says: _ => text);
        var said = await Remote.JudgeAsync(new() { Url = server.Url }, Remote.Chat("plain"), Requests[0]);
        Assert.Equal(new(accepted, accepted ? 1 : 0, accepted ? 0 : 1, feedback), said.Verdict);
    }

    [Theory]
    [InlineData("""{"accepted": "yes", "feedback": ""}""", "no JSON object with 'accepted'")]
    [InlineData("""{"accepted": false}""", "no JSON object with 'accepted'")]
    [InlineData("""{"accepted": false, "feedback": null}""", "no JSON object with 'accepted'")]
    [InlineData("""{"accepted": false, "feedback": "no\u0000dog"}""", "U+0000")]
    [InlineData("""{"accepted": false, "feedback": "no \ud800"}""", "no JSON object")]
    [InlineData("NaN", "no JSON object")]
    [InlineData("", "no JSON object")]
    public async Task What_is_no_verdict_is_said_so(string text, string expected)
    {
        await using var server = await ModelServer.StartAsync("plain", says: _ => text);
        var failure = await Assert.ThrowsAsync<BadAnswerException>(() => Remote.JudgeAsync(new() { Url = server.Url }, Remote.Chat("plain"), Requests[0]));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"accepted": true, "feedback": "", "score": 7}""")]
    [InlineData("""{"accepted": true, "feedback": "", "score": 1e999}""")]
    [InlineData("""{"accepted": true, "feedback": "", "score": NaN}""")]
    public async Task A_score_out_of_range_is_none(string text)
    {
        await using var server = await ModelServer.StartAsync("plain", says: _ => text);
        await Assert.ThrowsAsync<BadAnswerException>(
            () => Remote.JudgeAsync(new() { Url = server.Url }, Remote.Chat("plain") with { Score = "json" }, Requests[0]));
    }

    [Fact]
    public async Task An_answerer_answers_with_its_probability()
    {
        await using var server = await ModelServer.StartAsync("plain", says: text => text == "Is there a dog? One word." ? " yes\n" : "no");
        using var model = new OpenAiChatAnswerer(
            new() { Url = server.Url }, new(ModelServer.ChatModel, "plain", "{question} One word.", Probability: true));
        var answer = await model.OneAsync(new AnswerRequest("Is there a dog?", Requests[0].Image));
        Assert.Equal(("yes", 1459), (answer.Text, answer.Tokens));
        Assert.Equal(0.5, answer.Probability!.Value, 1e-12);
        Assert.False(((IModel<AnswerRequest, Answer>)model).UsesSeed);
    }

    [Fact]
    public void Texts_that_are_put_into_a_template_are_no_templates() => Assert.Equal(
        "a {feedback} b no {prompt}", PromptTemplate.Fill("{prompt} b {feedback}", ("{prompt}", "a {feedback}"), ("{feedback}", "no {prompt}")));
}
