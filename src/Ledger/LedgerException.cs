namespace ReflectDiT.Eval.Ledger;

/// <summary>The ledger cannot be used as it is; the message says what is wrong and what to do.</summary>
public class LedgerException : Exception
{
    public LedgerException(string message)
        : base(message)
    {
    }

    public LedgerException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>The ledger holds no sweep of the name or id that was asked for, or several.</summary>
public class SweepNotFoundException(string message) : LedgerException(message);

/// <summary>The ledger holds no study of the name or id that was asked for, or cannot take what is said of one.</summary>
public sealed class StudyNotFoundException(string message) : SweepNotFoundException(message);

/// <summary>There is no ledger yet, and the command makes none.</summary>
public sealed class NoLedgerException(string where) : SweepNotFoundException(
    $"There is no ledger in {where} yet: start one with 'reflectdit demo' or 'reflectdit run SWEEP.yaml'.");
