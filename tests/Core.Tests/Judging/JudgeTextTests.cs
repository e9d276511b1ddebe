using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Core.Tests.Judging;

public class JudgeTextTests
{
    [Theory]
    [InlineData("The image is correct.", true)]
    [InlineData("The image is incorrect. There is no cat", false)]
    [InlineData("Yes", false)]
    public void Acceptance_is_the_words_is_correct(string text, bool accepts) => Assert.Equal(accepts, JudgeText.Accepts(text));

    [Theory]
    [InlineData("The image is incorrect. There is no cat", false, "There is no cat")]
    [InlineData("The image is incorrect. There is no cat.", false, "")]
    [InlineData("The image is incorrect. There is no cat. ", true, "There is no cat")]
    [InlineData("There is no cat", false, "There is no cat")]
    [InlineData("The image is correct. All is there", false, "")]
    public void Feedback_is_what_follows_the_last_full_stop(string text, bool keepLastSentence, string feedback) =>
        Assert.Equal(feedback, JudgeText.Feedback(text, keepLastSentence));
}
