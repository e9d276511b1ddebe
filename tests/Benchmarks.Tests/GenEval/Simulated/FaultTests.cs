using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval.Simulated;

public sealed class FaultTests
{
    public static TheoryData<Fault> Faults => new(
        Fault.Missing("hair drier"),
        Fault.Count("computer mouse", 4, 2),
        Fault.Colour("orange", "orange", "red"),
        Fault.Relation("stop sign", "left of", "traffic light"));

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_sentence_reads_back_to_its_fault_in_either_case(Fault fault)
    {
        Assert.Equal(fault, Fault.Read(fault.ToSentence()));
        Assert.Equal(fault, Fault.Read(fault.ToSentence().ToLowerInvariant()));
        Assert.DoesNotContain('.', fault.ToSentence());
    }

    [Theory]
    [InlineData("")]
    [InlineData("There is no in the image")]
    [InlineData("The dog should be red")]
    [InlineData("should be but is")]
    public void Other_sentences_name_no_fault(string sentence) => Assert.Null(Fault.Read(sentence));
}
