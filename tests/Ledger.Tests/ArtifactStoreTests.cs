using System.Text;

namespace ReflectDiT.Eval.Ledger.Tests;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-artifacts-").FullName;

    [Fact]
    public async Task What_is_saved_is_read_back_and_kept_once()
    {
        var store = new ArtifactStore(_folder);
        byte[][] contents = [.. Enumerable.Range(0, 100).Select(i => Encoding.UTF8.GetBytes($"image {i % 50}"))];
        store.Save([.. contents.Select(c => (ArtifactStore.NameOf(c), new ReadOnlyMemory<byte>(c)))]);
        store.Save([(ArtifactStore.NameOf(contents[0]), contents[0])]);
        foreach (var content in contents)
        {
            Assert.Equal(content, await store.ReadAsync(ArtifactStore.NameOf(content), CancellationToken.None));
        }

        Assert.Equal(50, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length);
    }

    [Theory]
    [InlineData(".png", 0x89, (int)'P', (int)'N', (int)'G')]
    [InlineData(".jpg", 0xFF, 0xD8, 0xFF, 0xE0)]
    [InlineData(".webp", (int)'R', (int)'I', (int)'F', (int)'F', 4, 0, 0, 0, (int)'W', (int)'E', (int)'B', (int)'P')]
    public async Task An_artifact_is_called_what_its_first_bytes_say(string ending, params int[] content)
    {
        var store = new ArtifactStore(_folder);
        byte[] image = [.. content.Select(c => (byte)c), 9];
        var name = ArtifactStore.NameOf(image);
        store.Save([(name, image)]);
        Assert.Equal(ending, Path.GetExtension(store.PathOf(name)));
        Assert.Equal([store.PathOf(name)], Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
        Assert.Equal(image, await store.ReadAsync(name, CancellationToken.None));
    }

    [Fact]
    public async Task A_missing_or_damaged_artifact_is_named()
    {
        var store = new ArtifactStore(_folder);
        byte[] content = [1, 2, 3];
        var name = ArtifactStore.NameOf(content);
        await RefusedAsync();
        store.Save([(name, content)]);
        await File.WriteAllBytesAsync(store.PathOf(name), [1, 2]);
        await RefusedAsync();

        async Task RefusedAsync() => Assert.Contains(
            store.PathOf(name),
            (await Assert.ThrowsAsync<LedgerException>(() => store.ReadAsync(name, CancellationToken.None))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_save_that_fails_leaves_nothing_behind()
    {
        var store = new ArtifactStore(_folder);
        byte[] content = [1, 2, 3];
        var path = store.PathOf(ArtifactStore.NameOf(content));
        Directory.CreateDirectory(path); // a folder where the file should go
        Assert.ThrowsAny<Exception>(() => store.Save([(ArtifactStore.NameOf(content), content)]));
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
