using System.Security.Cryptography;
using System.Text;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>
/// Who has come in: a cookie made with a key that only this machine's user has, so that a dashboard which starts again knows
/// its browsers. Another password is another cookie.
/// </summary>
internal sealed class Sessions
{
    private const int KeyBytes = 32;

    private readonly byte[] _key;
    private readonly string _password;
    private string? _token;

    /// <param name="folder">Keeps the key; where it cannot be written, all have to come in anew when the dashboard starts.</param>
    public Sessions(string folder, string? password)
    {
        _key = ReadKey(folder);
        _password = password ?? "";
        _token = password is null ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes)) : null;
        (Cookie, FormToken) = (Sign("session"), Sign("form"));
    }

    /// <summary>The value of the cookie of who has come in.</summary>
    public string Cookie { get; }

    /// <summary>In every form that changes something: nobody who cannot read a page has it.</summary>
    public string FormToken { get; }

    /// <summary>Good once; null with a password, and when it was used.</summary>
    public string? Token => Volatile.Read(ref _token);

    public bool IsCookie(string? given) => Equal(given, Cookie);

    public bool IsFormToken(string? given) => Equal(given, FormToken);

    /// <summary>In a form of a page that needs no session: good for what it says alone.</summary>
    public string TokenFor(string what) => Sign($"form\n{what}");

    public bool IsTokenFor(string what, string? given) => Equal(given, TokenFor(what));

    public bool IsPassword(string? given) => _password.Length > 0 && Equal(given, _password);

    /// <summary>Uses the token up, if it is the one.</summary>
    public bool TakeToken(string? given) =>
        Token is { } token && Equal(given, token) && Interlocked.CompareExchange(ref _token, null, token) == token;

    /// <summary>In a time that does not tell how much of it is right.</summary>
    private static bool Equal(string? given, string wanted) => given is not null && CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(wanted)));

    private string Sign(string what) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{what}\n{_password}")));

    private static byte[] ReadKey(string folder)
    {
        var path = Path.Combine(folder, "session.key");
        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path) is { Length: KeyBytes } known)
            {
                return known;
            }

            var key = RandomNumberGenerator.GetBytes(KeyBytes);
            Directory.CreateDirectory(folder);
            File.Delete(path);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(key);
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RandomNumberGenerator.GetBytes(KeyBytes);
        }
    }
}
