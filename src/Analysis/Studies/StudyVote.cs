namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>What a rater can answer.</summary>
public enum StudyAnswer
{
    Left,
    Right,

    /// <summary>Equally good.</summary>
    Tie,

    /// <summary>Both are bad, and neither is better.</summary>
    Bad,

    /// <summary>No answer: it counts for nothing.</summary>
    Skip,
}

/// <summary>A rater's answer that stands.</summary>
/// <param name="Rater">A pseudonym: all that is known of the person.</param>
/// <param name="Showing">What was seen: for votes from elsewhere in any order.</param>
/// <param name="Seconds">Between showing and answer; null where votes from elsewhere do not say.</param>
public sealed record StudyVote(string Rater, Showing Showing, StudyAnswer Answer, double? Seconds)
{
    public int Pair => Showing.Pair;

    /// <summary>1 for the first arm, -1 for the second, 0 for neither; null for no answer.</summary>
    public int? Preference => Answer switch
    {
        StudyAnswer.Left => Showing.FirstLeft ? 1 : -1,
        StudyAnswer.Right => Showing.FirstLeft ? -1 : 1,
        StudyAnswer.Skip => null,
        _ => 0,
    };

    /// <summary>It counts: an answer, and not one to a pair that was asked before.</summary>
    public bool Counts => !Showing.Again && Answer is not StudyAnswer.Skip;
}
