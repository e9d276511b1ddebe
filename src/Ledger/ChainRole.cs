namespace ReflectDiT.Eval.Ledger;

/// <summary>What a worker does of a chain, where it does not do both; and what a chain waits for.</summary>
public enum ChainRole
{
    /// <summary>Draws what its step asks for.</summary>
    Generate,

    /// <summary>Judges what is drawn; for an oracle, scores it too.</summary>
    Judge,
}
