using System.CommandLine;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Core.Text;
using Spectre.Console;

namespace ReflectDiT.Eval.Cli.Logging;

/// <summary>
/// Standard error: what the command says, what the program logs, and the bar that stands below both on a terminal.
/// With <c>--log-format json</c> each line is an object.
/// </summary>
internal sealed class ConsoleLog : ILoggerProvider
{
    /// <summary>Of the verbs that run work.</summary>
    public static readonly Option<string?> Format = NewFormat();

    private const string Command = "reflectdit";

    private readonly bool _json;
    private IAnsiConsole? _live;

    /// <param name="least">Of the program's own messages; of others only warnings are shown.</param>
    public ConsoleLog(ParseResult parsed, LogLevel least)
    {
        _json = IsJson(parsed);
        Factory = LoggerFactory.Create(log => log
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("ReflectDiT.Eval", least)
            .AddFilter("ReflectDiT.Eval.Grains.SlotService", LogLevel.Warning) // Orleans speaks in its name
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Critical) // speaks of garbage collection at every start
            .AddFilter("Orleans.Runtime.SiloLifecycleSubject", LogLevel.Critical) // who joins says why it did not
            .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error) // and takes the start itself for a stall
            .AddFilter("Orleans.Runtime.GrainDirectory.ClientDirectory", LogLevel.None) // speaks of every silo that leaves
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None) // who starts it says what failed
            .AddProvider(this));
    }

    public ILoggerFactory Factory { get; }

    /// <summary>Whether a bar can be shown.</summary>
    public bool IsTerminal => !_json && !Console.IsErrorRedirected;

    /// <summary>Says why a command ends.</summary>
    public static void SayFault(ParseResult parsed, string message)
    {
        if (IsJson(parsed))
        {
            Terminal.SayRaw(LogText.Json(DateTimeOffset.UtcNow, Command, LogLevel.Error, default, message, [], null));
        }
        else
        {
            Terminal.Say($"{Command}: {message}");
        }
    }

    /// <summary>Says something of the command itself, in as many lines as it has.</summary>
    public void Say(string text) => Write(_json
        ? LogText.Json(DateTimeOffset.UtcNow, Command, LogLevel.Information, default, text, [], null)
        : VisibleText.Lines(text));

    /// <summary>Shows something that stays below all that is said meanwhile.</summary>
    public async Task ShowAsync(Func<IAnsiConsole, Task> show)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        Volatile.Write(ref _live, terminal);
        try
        {
            await show(terminal);
        }
        finally
        {
            Volatile.Write(ref _live, null);
        }
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose() => Factory.Dispose();

    private void Write(string line)
    {
        if (Volatile.Read(ref _live) is { } live)
        {
            live.WriteLine(line);
        }
        else
        {
            Terminal.SayRaw(line);
        }
    }

    private static bool IsJson(ParseResult parsed) => parsed.GetValue(Format) == "json";

    private static Option<string?> NewFormat()
    {
        var format = new Option<string?>("--log-format")
        {
            Description = "Form of messages on standard error: text, or json with one object a line",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
    }

    private sealed class Category(ConsoleLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var message = formatter(state, exception);
            var now = DateTimeOffset.UtcNow;
            log.Write(log._json
                ? LogText.Json(now, name, logLevel, eventId, message, state as IEnumerable<KeyValuePair<string, object?>> ?? [], exception)
                : LogText.Line(now, name, logLevel, message, exception));
        }
    }
}
