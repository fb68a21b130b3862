namespace HyperSpector.Engine.Images;

/// <summary>How much of an image layout we are ready to look at: it came from a stranger.</summary>
internal static class ImageLimits
{
    /// <summary>Bytes of an index, manifest or configuration; image-spec recommends registries to take 4 MiB.</summary>
    internal const int DocumentBytes = 4 * 1024 * 1024;

    /// <summary>Nesting of JSON; the formats need six.</summary>
    internal const int JsonDepth = 16;

    /// <summary>Images of one index.</summary>
    internal const int Manifests = 1000;

    /// <summary>An index in an index, as multi-platform images have; more is a loop or a joke.</summary>
    internal const int IndexDepth = 3;

    /// <summary>Layers of one image; other tools end at 127.</summary>
    internal const int Layers = 128;

    /// <summary>Bytes of one stored layer.</summary>
    internal const long LayerBytes = 64L << 30;

    /// <summary>Arguments, or environment variables, of an image's settings.</summary>
    internal const int Words = 1000;

    /// <summary>Characters of one text: a tag, an argument, a variable.</summary>
    internal const int TextLength = 32 * 1024;

    /// <summary>Tags that a message lists.</summary>
    internal const int ListedTags = 10;
}
