namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>The private PostgreSQL server cannot be had; the message says why and what to do.</summary>
public class PrivateServerException(string message) : LedgerException(message);

/// <summary>PostgreSQL 15 or newer is not installed; the message has the command that installs it.</summary>
public sealed class PostgresMissingException(string message) : PrivateServerException(message);
