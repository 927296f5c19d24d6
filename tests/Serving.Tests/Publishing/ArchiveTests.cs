using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Archives;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Publishing;

public sealed class ArchiveTests : IDisposable
{
    private const long Limit = 1 << 20;
    private static readonly byte[] Model = "a model"u8.ToArray();
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
    private readonly TestFolder folder = new();
    private StagingFolder? staging;

    public static TheoryData<string, byte[]> Good
    {
        get
        {
            (string, byte[])[] plain = [("model.onnx", Model), ("data/w.bin", Weights)];
            (string, byte[])[] nested = [("v/", []), ("v/model.onnx", Model), ("v/data/", []), ("v/data/w.bin", Weights)];
            (string, byte[])[] dotted = [("./", []), ("./model.onnx", Model), ("./data/", []), ("./data/w.bin", Weights)];
            (string, byte[])[] mac =
            [
                ("./._v1", Model), (".DS_Store", Model), ("__MACOSX/", []), ("__MACOSX/._v1", Model), ("v1/._model.onnx", Model), ("v1/", []),
                ("v1/model.onnx", Model), ("__MACOSX/v1/", []), ("__MACOSX/v1/._model.onnx", Model), ("v1/data/w.bin", Weights),
                ("v1/data/.DS_Store", Model),
            ];
            (string, byte[])[] windows = [("Thumbs.db", Model), .. plain, ("data/desktop.ini", Model), ("Desktop.ini", Model), ("$RECYCLE.BIN/x", Model)];
            (string, byte[])[] pax =
                [("pax_global_header", Model), ("PaxHeaders.17/v", Model), .. nested, ("v/PaxHeader/model.onnx", Model), ("v/PaxHeaders/x", Model)];
            return new TheoryData<string, byte[]>
            {
                { "zip of macOS", Archives.Zip(mac) },
                { "tar.gz of macOS", Archives.Gzip(Archives.Tar(mac)) },
                { "custom icon of macOS", Archives.Tar([("v/Icon\r", Model), .. nested]) },
                { "zip of Windows", Archives.Zip(windows) },
                { "tar of Windows", Archives.Tar(windows) },
                { "pax headers taken for files", Archives.Zip(pax) },
                { "global pax header", [.. Records("24 comment=1234567890ab\n", 'g'), .. Archives.Tar(plain)] },
                { "pax header of Solaris", [.. Records("24 comment=1234567890ab\n", 'X'), .. Archives.Tar(TarEntryFormat.Ustar, plain)] },
                { "pax", Archives.Tar(TarEntryFormat.Pax, plain) },
                { "ustar", Archives.Tar(TarEntryFormat.Ustar, nested) },
                { "gnu", Archives.Tar(TarEntryFormat.Gnu, dotted) },
                { "tar.gz", Archives.Gzip(Archives.Tar(nested)) },
                { "zip", Archives.Zip(plain) },
                { "zip in a folder", Archives.Zip(nested) },
                { "with our record", Archives.Tar([.. plain, (".krewe-version.json", "{}"u8.ToArray())]) },
            };
        }
    }

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "absolute", Archives.Tar(("/model.onnx", Model)), "begins at the version's folder" },
        { "absolute in Windows", Archives.Tar(("C:/model.onnx", Model)), "begins at the version's folder" },
        { "dots", Archives.Tar(("../model.onnx", Model)), "without '..'" },
        { "dots inside", Archives.Zip(("a/../../model.onnx", Model)), "without '..'" },
        { "backslash", Archives.Zip(("..\\model.onnx", Model)), "backslashes" },
        { "control", Archives.Tar(("model\n.onnx", Model)), "control characters" },
        { "deep", Archives.Tar(("1/2/3/4/5/6/7/8/model.onnx", Model)), "at most 8 parts" },
        { "long", Archives.Tar((new string('n', 256), Model)), "at most 8 parts of 255 bytes" },
        { "symbolic link", Linked(TarEntryType.SymbolicLink), "which is a link" },
        { "hard link", Linked(TarEntryType.HardLink), "which is a link" },
        { "pipe", Archives.Tar(writer => writer.WriteEntry(Archives.Entry(TarEntryFormat.Pax, TarEntryType.Fifo, "p"))), "which is a link, a device" },
        { "device", Archives.Tar(writer => writer.WriteEntry(Archives.Entry(TarEntryFormat.Ustar, TarEntryType.CharacterDevice, "d"))), "which is a link, a device" },
        { "link in zip", Archives.Zip(archive => archive.CreateEntry("l").ExternalAttributes = unchecked((int)0xA1FF0000)), "which is a link" },
        { "twice", Archives.Tar(("model.onnx", Model), ("./model.onnx", Model)), "'./model.onnx' twice" },
        { "twice in zip", Archives.Zip(("model.onnx", Model), ("model.onnx", Weights)), "'model.onnx' twice" },
        { "file as folder", Archives.Tar(("a", Model), ("a/b", Model)), "part of which is a file" },
        { "folder as file", Archives.Tar(("a/b", Model), ("a", Model)), "'a' twice" },
        { "many", Archives.Tar([.. Enumerable.Range(0, 1001).Select(i => ($"f{i}", Model))]), "more than 1000 entries" },
        { "many in zip", Archives.Zip([.. Enumerable.Range(0, 1001).Select(i => ($"f{i}", Model))]), "more than 1000 entries" },
        { "very many in zip", Archives.Zip([.. Enumerable.Range(0, 60_000).Select(i => ($"a-name-that-takes-room-{i}", Array.Empty<byte>()))]), "list of entries is too long" },
        { "no model", Archives.Tar(("other.onnx", Model)), "it has no 'model.onnx' at its top or in the one folder there: it has 'other.onnx'" },
        { "two folders", Archives.Tar(("1/model.onnx", Model), ("2/model.onnx", Model)), "no 'model.onnx' at its top" },
        { "too deep a folder", Archives.Tar(("m/1/model.onnx", Model)), "no 'model.onnx' at its top" },
        { "empty", Archives.Zip(_ => { }), "it has no file" },
        { "cut tar", Archives.Tar(("model.onnx", Weights))[..2048], "ends in the middle of a file" },
        { "tar without its end", CutEnd(Archives.Tar(TarEntryFormat.Ustar, ("model.onnx", Model))), "end mark is missing" },
        { "cut tar.gz", Archives.Gzip(Archives.Tar(("model.onnx", Weights)))[..^12], "it is damaged" },
        { "wrong sum in gzip", Flip(Archives.Gzip(Archives.Tar(("model.onnx", Weights))), ^6), "it is damaged" },
        { "wrong sum in tar", Flip(Archives.Tar(TarEntryFormat.Ustar, ("model.onnx", Model)), 5), "a header checksum is wrong" },
        { "cut zip", Archives.Zip(("model.onnx", Weights))[..^30], "list of entries is missing" },
        { "size that is no number", Header(block => "x"u8.CopyTo(block[124..])), "a header field is not a number" },
        { "size below 0", Header(block => block[124..136].Fill(0xFF)), "a header field is not a number" },
        { "large extended header", Header(block => (block[156], _) = ((byte)'x', Size(block, 1 << 20))), "an extended header of 1048576 bytes" },
        { "broken extended header", [.. Header(block => (block[156], _) = ((byte)'x', Size(block, 4)))[..512], .. Pad("9 a\n"u8)], "extended header cannot be read" },
        { "sparse", Extended("22 GNU.sparse.major=1\n"), "a sparse file" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void A_version_is_found_in_an_archive(string what, byte[] archive)
    {
        var unpacked = Unpack(archive);

        Assert.Equal(
            [new PublishedFile("data/w.bin", Weights.Length, Hash(Weights)), new PublishedFile("model.onnx", Model.Length, Hash(Model))], unpacked.Files);
        Assert.Equal(["data/w.bin", "model.onnx"], VersionContent.Names(unpacked.Folder).Order());
        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(unpacked.Folder, "data", "w.bin")));
        Assert.True(what.Length > 0);
    }

    [Theory]
    [InlineData("v/")]
    [InlineData("")]
    public void Triton_s_folder_in_place_of_the_file_is_found_too(string folder)
    {
        var unpacked = Unpack(Archives.Tar(($"{folder}model.onnx/model.onnx", Model), ($"{folder}labels.txt", Weights)));

        Assert.Equal(["labels.txt", "model.onnx/model.onnx"], unpacked.Files.Select(file => file.Name));
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void What_is_no_version_is_refused_with_the_reason_and_stays_inside(string what, byte[] archive, string reason)
    {
        var error = Assert.Throws<KreweException>(() => Unpack(archive, Format(what)));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.StartsWith("the archive cannot be published: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal([".krewe"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        staging!.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(folder[".krewe/staging"]));
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    [InlineData("rest of tar.gz")]
    public void What_unpacks_to_too_much_is_refused_before_it_is_written(string kind)
    {
        var bomb = new byte[(int)Limit / 2 + 1];
        (string, byte[])[] files = [("model.onnx", bomb), ("w.bin", bomb)];
        var archive = kind switch
        {
            "tar" => Archives.Tar(files),
            "tar.gz" => Archives.Gzip(Archives.Tar(files)),
            "zip" => Archives.Zip(files),
            _ => Archives.Gzip([.. Archives.Tar(("model.onnx", Model)), .. new byte[4 * Limit]]),
        };

        var error = Assert.Throws<KreweException>(() => Unpack(archive));

        Assert.Equal(KreweErrorCode.PayloadTooLarge, error.Code);
        Assert.Contains($"more than the {ErrorText.Bytes(Limit)} that", error.Message, StringComparison.Ordinal);
        Assert.True(VersionContent.Names(staging!.Content).Sum(name => new FileInfo(Path.Combine(staging.Content, name)).Length) <= Limit);
    }

    [Theory]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void What_shrinks_as_no_weights_do_is_refused_before_it_is_written(string kind)
    {
        (string, byte[])[] files = [("w.bin", new byte[160 << 20]), ("model.onnx", Model)];
        var archive = kind == "zip" ? Archives.Zip(files) : Archives.Gzip(Archives.Tar(files), CompressionLevel.SmallestSize);

        var error = Assert.Throws<KreweException>(() => Unpack(archive, limit: long.MaxValue));

        Assert.Equal(KreweErrorCode.PayloadTooLarge, error.Code);
        Assert.Contains("100 times its size and 64 MiB", error.Message, StringComparison.Ordinal);
        Assert.Empty(VersionContent.Names(staging!.Content));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    public void A_zip_entry_with_a_wrong_length_or_checksum_is_refused(int field)
    {
        var archive = Archives.Zip(("model.onnx", Weights));
        var central = archive.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(central + field), 100);

        var error = Assert.Throws<KreweException>(() => Unpack(archive));

        Assert.Equal((KreweErrorCode.InvalidInput, true), (error.Code, error.Message.EndsWith("'model.onnx' does not have the checksum that it should", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Long_names_are_read_in_the_way_of_both_sorts_of_tar(TarEntryFormat format)
    {
        var name = $"{new string('a', 120)}/{new string('b', 120)}";
        Assert.Contains(Unpack(Archives.Tar(format, ("model.onnx", Model), (name, Weights))).Files, file => file.Name == name);
    }

    [Fact]
    public void What_is_no_archive_is_the_model_itself()
    {
        var unpacked = Unpack(Model, format: null, "net.onnx");
        Assert.Equal([new PublishedFile("net.onnx", Model.Length, Hash(Model))], unpacked.Files);
        Assert.Equal(Model, File.ReadAllBytes(Path.Combine(unpacked.Folder, "net.onnx")));
    }

    [Fact]
    public void Random_bytes_are_either_refused_or_unpacked()
    {
        var random = Replay.Random();
        byte[][] archives = [Archives.Tar(("model.onnx", Model), ("w", Weights)), Archives.Gzip(Archives.Tar(("model.onnx", Model))), Archives.Zip(("model.onnx", Model))];
        for (var round = 0; round < 600; round++)
        {
            var archive = archives[round % archives.Length].ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                archive[random.Next(archive.Length)] = (byte)random.Next(256);
            }

            var format = (ArtifactFormat)(1 + (round % archives.Length));
            if (Record.Exception(() => Unpack(archive, format)) is { } error)
            {
                Assert.IsType<KreweException>(error);
            }
        }
    }

    public void Dispose()
    {
        staging?.Dispose();
        folder.Dispose();
    }

    private static ArtifactFormat? Format(string what) => what.Contains("header", StringComparison.Ordinal) ? ArtifactFormat.Tar : null;

    private UnpackedVersion Unpack(
        byte[] bytes, ArtifactFormat? format = null, string modelFileName = "model.onnx", long limit = Limit)
    {
        staging?.Dispose();
        staging = StagingFolder.Create(new RepositoryPaths(folder.Path));
        File.WriteAllBytes(staging.Body, bytes);
        return VersionUnpacker.Unpack(
            staging, format, new PublishedFile("", bytes.Length, Hash(bytes)), modelFileName, limit, TestContext.Current.CancellationToken);
    }

    private static Sha256Digest Hash(byte[] bytes) => Sha256Digest.FromBytes(SHA256.HashData(bytes));

    private static byte[] Linked(TarEntryType type) => Archives.Tar(writer =>
    {
        var entry = Archives.Entry(TarEntryFormat.Pax, type, "model.onnx");
        entry.LinkName = "/etc/passwd";
        writer.WriteEntry(entry);
    });

    private static byte[] CutEnd(byte[] tar) => tar[..1024];

    private static byte[] Flip(byte[] bytes, Index at)
    {
        bytes[at] ^= 0x40;
        return bytes;
    }

    /// <summary>A header that was changed and has its sum put right again.</summary>
    private static byte[] Header(Change change)
    {
        var archive = Archives.Tar(TarEntryFormat.Ustar, ("model.onnx", Model));
        var block = archive.AsSpan(0, 512);
        change(block);
        block[148..156].Fill((byte)' ');
        var sum = 0;
        foreach (var value in block)
        {
            sum += value;
        }

        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(block[148..]);
        return archive;
    }

    private static int Size(Span<byte> block, int size) => Encoding.ASCII.GetBytes($"{Convert.ToString(size, 8).PadLeft(11, '0')}\0", block[124..136]);

    private static byte[] Extended(string records) => [.. Records(records, 'x'), .. Archives.Tar(TarEntryFormat.Ustar, ("model.onnx", Model))];

    private static byte[] Records(string records, char kind) =>
        [.. Header(block => (block[156], _) = ((byte)kind, Size(block, records.Length)))[..512], .. Pad(Encoding.ASCII.GetBytes(records))];

    private static byte[] Pad(ReadOnlySpan<byte> data)
    {
        var block = new byte[512];
        data.CopyTo(block);
        return block;
    }

    private delegate void Change(Span<byte> block);
}
