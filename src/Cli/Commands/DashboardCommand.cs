using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Runtime.InteropServices;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit dashboard</c>: sweeps, their results and their images in a browser, while they run and afterwards.</summary>
internal static class DashboardCommand
{
    private const string PasswordVariable = "REFLECTDIT_DASHBOARD_PASSWORD";
    private const int LongestPassword = 4096;

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var prices = new PriceOption();
        var sweep = new Argument<string?>("SWEEP")
        {
            Description = "The one to begin with: its name, its id or the beginning of its id",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var port = Port("--port", "Where it listens; 0 for any port that is free");
        port.DefaultValueFactory = _ => DashboardOptions.DefaultPort;
        var bind = new Option<IPAddress?>("--bind")
        {
            Description = "Address of this machine for others to reach it, 0.0.0.0 for all; needs a password. By default only this machine does",
            CustomParser = ReadAddress,
        };
        var password = new Option<string?>("--password-file")
        {
            Description = $"File whose first line lets people in; else {PasswordVariable}. HTTP is not encrypted: put a proxy with TLS before it",
        };
        var hosts = new Option<string[]>("--host")
        {
            Description = "A name under which it is reached, besides its address; may be repeated",
            DefaultValueFactory = _ => [],
        };
        var header = new Option<string?>("--user-header")
        {
            Description = "Header in which a proxy names the user that it has let in, such as X-Forwarded-User; needs --proxy",
        };
        var proxies = new Option<IPAddress?[]>("--proxy")
        {
            Description = "Address of a proxy to trust; may be repeated",
            CustomParser = result => [.. result.Tokens.Select(t => Address(result, t.Value))],
        };
        var command = new Command("dashboard", "Show sweeps, their results and their images in a browser")
        {
            sweep, port, bind, password, hosts, header, proxies, prices.Option,
        };
        command.Validators.Add(r =>
        {
            if ((r.GetValue(header) is null) != (r.GetResult(proxies) is null or { Implicit: true }))
                r.AddError("--user-header needs --proxy, the address of the proxy to trust, and --proxy needs --user-header: give both");
        });
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = parsed.GetValue(bind);
            var secret = Password(parsed.GetValue(password));
            if (address is not null && !IPAddress.IsLoopback(address) && secret is null && parsed.GetValue(header) is null)
            {
                throw new UsageException($"--bind {address} lets others reach it: give a password (--password-file or {PasswordVariable})");
            }

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            await ShowAsync(
                parsed, ledger, new(new(address ?? IPAddress.Loopback, parsed.GetValue(port)!.Value), DashboardStart.Folder(ledger.Data(parsed)))
                {
                    Password = secret,
                    Hosts = parsed.GetRequiredValue(hosts),
                    UserHeader = parsed.GetValue(header),
                    Proxies = [.. (parsed.GetValue(proxies) ?? []).OfType<IPAddress>()],
                }, parsed.GetValue(sweep), prices, enough.Token);
            return ExitCode.Done;

            void End(PosixSignalContext context)
            {
                context.Cancel = true;
                enough.Cancel();
            }
        });
        return command;
    }

    /// <summary>Of a method of its own: what it needs is loaded when it is called.</summary>
    private static async Task ShowAsync(
        ParseResult parsed, LedgerOptions ledger, DashboardOptions options, string? sweep, PriceOption prices, CancellationToken stop)
    {
        var (session, server, address) = await DashboardStart.StartAsync(ledger, parsed, options, prices.Read(parsed), sweep, logs: null, stop);
        await using (session)
        await using (server)
        {
            Console.WriteLine(address);
            Terminal.Say(options.Password is null
                ? "Open this address: it works once, and this browser is remembered from then on. Ctrl-C ends the dashboard."
                : "Open this address. Ctrl-C ends the dashboard.");
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public static Option<int?> Port(string name, string description)
    {
        var port = new Option<int?>(name) { Description = description };
        port.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 0 or > 65535)
                r.AddError($"{name} {r.Tokens[0].Value} is not a port (1 to 65535)");
        });
        return port;
    }

    private static IPAddress? ReadAddress(ArgumentResult result) => Address(result, result.Tokens.Single().Value);

    private static IPAddress? Address(ArgumentResult result, string text)
    {
        if (IPAddress.TryParse(text, out var address))
            return address;
        result.AddError($"{text}: expected an IP address, such as 127.0.0.1, 0.0.0.0 or [::]");
        return null;
    }

    private static string? Password(string? file)
    {
        if (file is null)
        {
            return Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } given ? given : null;
        }

        try
        {
            var password = RegularFile.ReadText(file, LongestPassword).Split('\n')[0].TrimEnd('\r');
            return password.Length > 0 ? password : throw new UsageException($"{file}: expected a password in its first line, found none");
        }
        catch (IOException e)
        {
            throw new UsageException($"cannot read {file}: {e.Message}", e);
        }
    }
}
